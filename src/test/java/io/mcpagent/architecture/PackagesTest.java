package io.mcpagent.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may know whom. */
class PackagesTest {

    @Test
    void should_have_no_cycle() {
        slices().matching("io.mcpagent.(*)..").should().beFreeOfCycles().check(MainClasses.ALL);
    }

    /** Each is one protocol; what they share is in the package {@code door} and below it. */
    @ParameterizedTest
    @ValueSource(strings = {"chat", "openai", "agui", "mcpserver"})
    void should_not_let_a_door_know_another_one(String door) {
        String[] others = Stream.of("chat", "openai", "agui", "mcpserver")
                .filter(other -> !other.equals(door))
                .map("io.mcpagent.%s.."::formatted)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage("io.mcpagent." + door + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .because("a protocol must be able to go without the others noticing")
                .check(MainClasses.ALL);
    }

    /** They begin things; whatever they begin must not reach back. */
    @ParameterizedTest
    @ValueSource(strings = {"app", "chat", "openai", "agui", "mcpserver", "development"})
    void should_be_known_by_nobody(String outermost) {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.mcpagent." + outermost + "..", "io.mcpagent.app..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.mcpagent." + outermost + "..")
                .check(MainClasses.ALL);
    }

    @Test
    void should_know_nothing_of_the_agent_where_all_others_build_on() {
        noClasses()
                .that()
                .resideInAPackage("io.mcpagent.base..")
                .should()
                .dependOnClassesThat(
                        resideInAPackage("io.mcpagent..").and(resideOutsideOfPackage("io.mcpagent.base..")))
                .check(MainClasses.ALL);
    }

    /** A package is about one thing that the agent does, not about a kind of class. */
    @Test
    void should_have_no_package_for_a_kind_of_class() {
        noClasses()
                .should()
                .resideInAnyPackage(
                        "..service..", "..services..", "..util..", "..utils..", "..dto..", "..mapper..", "..impl..")
                .check(MainClasses.ALL);
    }
}
