package io.mcpagent.turn;

import static org.assertj.core.api.Assertions.assertThat;

import io.mcpagent.model.Content;
import io.mcpagent.model.ModelReply;
import io.mcpagent.model.StopReason;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How many methods somebody has to read who wants to know how a streamed turn gets from its door to the model and to the store. */
class PathOfATurnTest {

    /** Of {@code ChatResource}, {@code Questions}, {@code Answering} and {@code EventStream}: see the walk in {@code package-info}. */
    private static final List<String> DOOR = List.of(
            "ChatResource.askStreaming",
            "ChatResource.question",
            "ChatResource.stream",
            "Questions.message",
            "Answering.stream",
            "Answering.write",
            "EventStream.on");

    private final Set<String> methods = new LinkedHashSet<>(DOOR);

    @Test
    void should_be_short() {
        try (TurnRig rig = new TurnRig()) {
            rig.store.onStep = this::walked;
            rig.model.then(request -> {
                walked();
                return new ModelReply(
                        ScriptedModel.ID,
                        List.of(new Content.Text("Three.")),
                        StopReason.END_TURN,
                        ScriptedModel.USAGE);
            });
            rig.run(TurnRig.streamed("c", "How many?"));
        }
        Set<String> classes = methods.stream()
                .map(method -> method.substring(0, method.indexOf('.')))
                .collect(Collectors.toSet());
        System.out.printf(
                "A streamed turn passes %d methods in %d classes: %s%n", methods.size(), classes.size(), methods);
        assertThat(methods).hasSizeLessThanOrEqualTo(25);
        assertThat(classes).hasSizeLessThanOrEqualTo(15);
    }

    /** Each method of ours that has not returned yet. A lambda is read where it stands. */
    private void walked() {
        StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE).forEach(frame -> {
            String name = frame.getClassName();
            if (name.startsWith("io.mcpagent.")
                    && !isTest(frame.getDeclaringClass())
                    && !frame.getMethodName().startsWith("lambda$")) {
                methods.add(frame.getDeclaringClass().getSimpleName() + "." + frame.getMethodName());
            }
        });
    }

    private static boolean isTest(Class<?> type) {
        return type.getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath()
                .contains("test");
    }
}
