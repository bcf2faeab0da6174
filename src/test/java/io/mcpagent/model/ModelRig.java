package io.mcpagent.model;

import io.mcpagent.base.Deadline;
import io.mcpagent.base.Timers;
import io.mcpagent.config.AgentConfig;
import io.mcpagent.http.HttpConnections;
import io.mcpagent.local.bedrock.LocalBedrock;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The whole client, wired as in the product, with a Bedrock to talk to. */
final class ModelRig implements AutoCloseable {

    static final String KEY = "AKIDEXAMPLE";
    static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    static final String MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    static final ToolDefinition TOOL = new ToolDefinition(
            "orders_of_customer",
            "Orders of one customer",
            "{\"type\":\"object\",\"properties\":{\"customer_id\":{\"type\":\"integer\"}},\"required\":[\"customer_id\"]}");

    final AgentConfig config;
    final HttpConnections http;
    private final Timers timers = new Timers();
    final BedrockModel bedrock;
    final RequestBody bodies;
    final Models models;

    private ModelRig(SmallRyeConfig values) {
        config = values.getConfigMapping(AgentConfig.class);
        bedrock = new BedrockModel(config, new BedrockRequests(new AwsAccess(values)), timers);
        http = bedrock.connections();
        ModelTable table = new ModelTable(config);
        bodies = new RequestBody(config, table.row(config.model().id()));
        models = new Models(config, bedrock, table);
    }

    /** Settings in pairs of name and value, on top of keys, a region and the endpoint. */
    static ModelRig on(URI endpoint, String... settings) {
        return new ModelRig(config(endpoint, settings));
    }

    static ModelRig on(LocalBedrock bedrock, String... settings) {
        return on(bedrock.uri(), settings);
    }

    static SmallRyeConfig config(URI endpoint, String... settings) {
        Map<String, String> values = new HashMap<>();
        values.put("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", endpoint.toString());
        values.put("AWS_REGION", "us-east-1");
        values.put("AWS_ACCESS_KEY_ID", KEY);
        values.put("AWS_SECRET_ACCESS_KEY", SECRET);
        values.put("agent.model.id", MODEL);
        for (int i = 0; i < settings.length; i += 2) {
            values.put(settings[i], settings[i + 1]);
        }
        return new SmallRyeConfigBuilder()
                .withMapping(AgentConfig.class)
                .addDiscoveredConverters()
                .withSources(new PropertiesConfigSource(values, "test", 100))
                .build();
    }

    static ModelRequest question(String text) {
        return question(text, List.of(), Duration.ofSeconds(60));
    }

    static ModelRequest question(String text, Duration deadline, Spending spending) {
        return new ModelRequest(
                "You answer questions.", List.of(Message.user(text)), List.of(), Deadline.in(deadline), spending);
    }

    static ModelRequest question(String text, List<ToolDefinition> tools, Duration deadline) {
        return new ModelRequest("You answer questions.", List.of(Message.user(text)), tools, Deadline.in(deadline));
    }

    @Override
    public void close() {
        http.close();
        timers.close();
    }

    /** Keeps what it hears. */
    static final class Heard implements ReplyListener {
        final StringBuilder text = new StringBuilder();
        final StringBuilder reasoning = new StringBuilder();
        final List<String> events = new ArrayList<>();
        int pauses;

        @Override
        public void text(String delta) {
            text.append(delta);
            events.add("text");
        }

        @Override
        public void toolUseStarted(String id, String name) {
            events.add("start " + name);
        }

        @Override
        public void toolUseEnded(String id, Arguments arguments) {
            events.add("end");
        }

        @Override
        public void reasoning(String delta) {
            reasoning.append(delta);
            events.add("reasoning");
        }

        @Override
        public void pause() {
            pauses++;
        }
    }
}
