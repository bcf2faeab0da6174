package io.mcpagent.door;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.base.ExactNumbers;
import io.mcpagent.base.JsonBuffers;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;

/**
 * Takes a body only if it has one meaning: nothing after its document, and no member twice. Its numbers stay as they were written: what a person
 * edits is judged, shown and sent to the digit, or refused. A body of a million empty objects is small on the wire and large in memory, so its
 * tokens are counted too.
 */
@Singleton
final class StrictJson implements ObjectMapperCustomizer {

    /** A chat of a thousand messages has some ten thousand. */
    private static final long MOST_TOKENS = 100_000;

    private static final int DEEPEST = 100;

    @Override
    public void customize(ObjectMapper mapper) {
        ExactNumbers.in(mapper).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
        mapper.getFactory().configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature(), true);
        mapper.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxTokenCount(MOST_TOKENS)
                        .maxNestingDepth(DEEPEST)
                        .build());
        mapper.getFactory().setRecyclerPool(JsonBuffers.POOL);
    }
}
