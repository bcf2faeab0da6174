package io.mcpagent.problem;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Describes all endpoints. */
@Path("/openapi")
final class OpenApiResource {

    private final OpenApiDocument document;

    OpenApiResource(OpenApiDocument document) {
        this.document = document;
    }

    @GET
    @Produces({MediaType.APPLICATION_JSON, "application/yaml"})
    public byte[] document() {
        return document.json();
    }
}
