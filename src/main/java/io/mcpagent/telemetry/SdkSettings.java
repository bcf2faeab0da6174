package io.mcpagent.telemetry;

import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdkBuilder;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.View;
import io.quarkus.opentelemetry.runtime.AutoConfiguredOpenTelemetrySdkBuilderCustomizer;
import jakarta.inject.Singleton;

/** Drops what the SDK measures of itself: each series costs money, and nobody looks at these. */
@Singleton
final class SdkSettings implements AutoConfiguredOpenTelemetrySdkBuilderCustomizer {

    @Override
    public void customize(AutoConfiguredOpenTelemetrySdkBuilder builder) {
        builder.addMeterProviderCustomizer((meters, settings) -> {
            for (String scope : new String[] {
                "io.opentelemetry.sdk.trace", "io.opentelemetry.sdk.metrics", "io.opentelemetry.sdk.logs"
            }) {
                meters.registerView(
                        InstrumentSelector.builder().setMeterName(scope).build(),
                        View.builder().setAggregation(Aggregation.drop()).build());
            }
            return meters;
        });
    }
}
