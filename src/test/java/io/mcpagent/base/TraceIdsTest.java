package io.mcpagent.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.opentelemetry.api.trace.SpanContext;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceIdsTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String SPAN = "00f067aa0ba902b7";
    private static final String W3C = "00-" + TRACE + "-" + SPAN + "-01";
    private static final String AMAZON =
            "Self=1-x;Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

    @Test
    void should_read_what_it_writes() {
        SpanContext span = Traceparent.read(W3C);
        assertEquals(TRACE, span.getTraceId());
        assertEquals(SPAN, span.getSpanId());
        assertTrue(span.isSampled());
        assertEquals(W3C, Traceparent.write(span));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
                "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01"
            })
    void should_take_no_other_header(String header) {
        assertFalse(Traceparent.read(header).isValid());
        UnaryOperator<String> headers = Map.of("traceparent", header)::get;
        assertNotEquals(TRACE, TraceIds.of(headers));
        assertFalse(TraceIds.parent(headers).isValid());
    }

    @Test
    void should_prefer_the_caller_s_trace_to_the_balancer_s_and_that_to_a_new_one() {
        assertEquals(TRACE, TraceIds.of(Map.of("traceparent", W3C, "X-Amzn-Trace-Id", AMAZON)::get));
        assertEquals("5759e988bd862e3fe1be46a994272793", TraceIds.of(Map.of("X-Amzn-Trace-Id", AMAZON)::get));
        assertEquals(32, TraceIds.of(name -> null).length());
        assertEquals(
                "53995c3f42cd8ad8",
                TraceIds.parent(Map.of("X-Amzn-Trace-Id", AMAZON)::get).getSpanId());
    }
}
