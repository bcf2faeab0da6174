package io.mcpagent.agui;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mcpagent.door.EventFormat;
import jakarta.inject.Singleton;

/** AG-UI's events as the service's own format of streams: what {@code POST /chat} speaks, too. Safe for use by many threads. */
@Singleton
final class AgUiFormat implements EventFormat.Factory {

    private final ObjectMapper json;

    AgUiFormat(ObjectMapper json) {
        this.json = json;
    }

    @Override
    public EventFormat of(String conversationId, String runId) {
        return new AgUi(json, conversationId, runId);
    }
}
