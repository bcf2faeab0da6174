package io.mcpagent.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mcpagent.config.AgentConfig;
import io.mcpagent.config.TestSettings;
import io.mcpagent.model.ModelRow.Thinking;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelTableTest {

    private static final List<String> PROFILES = List.of(
            "%s",
            "anthropic.%s",
            "us.anthropic.%s",
            "global.anthropic.%s-20260928-v1:0",
            "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.%s-v1:0");

    private final ModelTable table = new ModelTable(TestSettings.with());

    @Test
    void should_find_each_row_by_id_by_profile_and_by_arn() {
        for (String match : table.matches()) {
            for (String profile : PROFILES) {
                assertThat(table.row(profile.formatted(match)).match())
                        .as(profile.formatted(match))
                        .isEqualTo(match);
            }
        }
    }

    @Test
    void should_take_no_model_for_one_of_another_version() {
        for (String match : table.matches()) {
            for (String other : List.of(match + "-7", match + "1", "x" + match, match + "-12-v1:0")) {
                assertThat(table.row("us.anthropic." + other).match()).as(other).isNotEqualTo(match);
            }
        }
    }

    @Test
    void should_be_careful_with_a_model_that_it_does_not_know() {
        for (String id : List.of(
                "us.amazon.nova-pro-v1:0",
                "openai.gpt-oss-120b-1:0",
                "qwen.qwen3-32b-v1:0",
                "mistral.mistral-large-2407-v1:0",
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
                "us.anthropic.claude-sonnet-6",
                "")) {
            ModelRow row = table.row(id);
            assertThat(row.known()).as(id).isFalse();
            assertThat(row.thinking()).isEqualTo(Thinking.NONE);
            assertThat(row.cachePoints()).isZero();
            assertThat(row.price(1)).isEmpty();
        }
    }

    @Test
    void should_price_by_the_length_of_the_prompt_and_by_the_geography() {
        ModelRow global = table.row("global.anthropic.claude-haiku-5-5");
        assertThat(global.price(100_000).orElseThrow().input()).isEqualByComparingTo("0.10");
        assertThat(global.price(100_001).orElseThrow().output()).isEqualByComparingTo("2.50");
        for (String profile : List.of("us.", "eu.", "jp.", "au.", "us-gov.", "")) {
            ModelPrice price =
                    table.row(profile + "anthropic.claude-sonnet-5-5").price(7).orElseThrow();
            assertThat(price.input()).isEqualByComparingTo("2.2");
            assertThat(price.output()).isEqualByComparingTo("11");
            assertThat(price.cacheWriteHour()).isEqualByComparingTo("4.4");
        }
        assertThat(table.row("eu.anthropic.claude-sonnet-4-20250514-v1:0")
                        .price(7)
                        .orElseThrow()
                        .input())
                .isEqualByComparingTo("3");
    }

    @Test
    void should_take_prices_and_rows_from_environment_variables() {
        ModelTable configured = new ModelTable(environment(Map.of(
                "AGENT_MODEL_PRICES__CLAUDE_SONNET_5_5__INPUT", "1",
                "AGENT_MODEL_PRICES__CLAUDE_SONNET_5_5__OUTPUT", "2",
                "AGENT_MODEL_PRICES__CLAUDE_SONNET_5_5__CACHE_READ", "3",
                "AGENT_MODEL_PRICES__CLAUDE_SONNET_5_5__CACHE_WRITE", "4",
                "AGENT_MODEL_ROWS", """
                        [{"match": "abc123", "like": "claude-opus-5-5", "endOfLife": "2027-01-01"}, {"match": "claude-opus-5", "window": 7}]""")));
        ModelPrice price =
                configured.row("us.anthropic.claude-sonnet-5-5").price(7).orElseThrow();
        assertThat(List.of(price.input(), price.output(), price.cacheRead(), price.cacheWrite()))
                .isEqualTo(List.of(new BigDecimal(1), new BigDecimal(2), new BigDecimal(3), new BigDecimal(4)));
        ModelRow added = configured.row("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123");
        assertThat(added.prefixBound()).isTrue();
        assertThat(added.endOfLife()).hasToString("2027-01-01");
        assertThat(configured.row("claude-opus-5").window()).isEqualTo(7);
        assertThat(configured.row("claude-opus-5").efforts()).contains("max");
    }

    @Test
    void should_say_what_is_wrong_with_a_configured_row() {
        Map.of(
                        "{", "no JSON",
                        "{}", "array of rows",
                        "[{}]", "object with a match",
                        "[{\"match\":\"m\",\"like\":\"n\"}]", "no row \"n\"",
                        "[{\"match\":\"m\",\"windows\":1}]", "a row has no windows",
                        "[{\"match\":\"m\",\"thinking\":\"much\"}]", "MUCH",
                        "[{\"match\":\"m\",\"endOfLife\":\"soon\"}]", "soon",
                        "[{\"match\":\"m\",\"prices\":[{\"input\":1}]}]", "needs the number output")
                .forEach((rows, sentence) -> assertThatThrownBy(
                                () -> new ModelTable(TestSettings.with("model.rows", rows)))
                        .as(rows)
                        .hasMessageStartingWith("agent.model.rows")
                        .hasMessageContaining(sentence));
    }

    /** A tier that costs more than the list says has no price until somebody names it. */
    @Test
    void should_not_take_the_list_for_the_price_of_a_dearer_tier() {
        for (String tier : List.of("priority", "reserved")) {
            assertThat(new ModelTable(TestSettings.with("model.service-tier", tier))
                            .row("us.anthropic.claude-sonnet-5-5")
                            .price(7))
                    .isEmpty();
            assertThat(new ModelTable(TestSettings.with(
                                    "model.service-tier",
                                    tier,
                                    "model.prices.\"claude-sonnet-5-5\".input",
                                    "4",
                                    "model.prices.\"claude-sonnet-5-5\".output",
                                    "20",
                                    "model.prices.\"claude-sonnet-5-5\".cache-read",
                                    "1",
                                    "model.prices.\"claude-sonnet-5-5\".cache-write",
                                    "5"))
                            .row("us.anthropic.claude-sonnet-5-5")
                            .price(7)
                            .orElseThrow()
                            .output())
                    .isEqualByComparingTo("20");
        }
        for (String tier : List.of("default", "flex")) {
            assertThat(new ModelTable(TestSettings.with("model.service-tier", tier))
                            .row("global.anthropic.claude-sonnet-5-5")
                            .price(7)
                            .orElseThrow()
                            .output())
                    .isEqualByComparingTo("10");
        }
    }

    /** Regions, partitions, geographies, bare ids, and what is not of this version. */
    @Test
    void should_find_the_row_and_price_of_any_form_of_an_id() {
        ModelTable table = new ModelTable(TestSettings.with());
        for (String form : List.of(
                "anthropic.claude-opus-5-5",
                "eu.anthropic.claude-opus-5-5",
                "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-opus-5-5",
                "arn:aws-cn:bedrock:cn-north-1::foundation-model/anthropic.claude-opus-5-5-20260923-v1:0",
                "arn:aws:bedrock:ap-southeast-2:123456789012:inference-profile/au.anthropic.claude-opus-5-5")) {
            assertThat(table.row(form).match()).as(form).isEqualTo("claude-opus-5-5");
            assertThat(table.row(form).price(7).orElseThrow().input()).as(form).isEqualByComparingTo("4.4");
        }
        for (String form : List.of(
                "global.anthropic.claude-opus-5-5",
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-5-5")) {
            assertThat(table.row(form).price(7).orElseThrow().input()).as(form).isEqualByComparingTo("4");
        }
        for (String other : List.of(
                "global.anthropic.claude-opus-5-6",
                "global.anthropic.claude-opus-5-50",
                "global.anthropic.claude-opus-55",
                "anthropic.claude-sonnet-4-9",
                "notclaude-opus-5-5",
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
                "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/opus",
                "")) {
            assertThat(table.row(other).known()).as(other).isFalse();
            assertThat(table.row(other).price(7)).as(other).isEmpty();
        }
    }

    private static AgentConfig environment(Map<String, String> variables) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withConverter(MemorySize.class, 100, new MemorySizeConverter())
                .withMapping(AgentConfig.class)
                .withSources(new EnvConfigSource(variables, 300))
                .build()
                .getConfigMapping(AgentConfig.class);
    }
}
