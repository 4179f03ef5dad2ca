package com.bytefreezer.connector.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** The description of the API in both formats. Safe for use by several threads. */
public final class OpenApi {
    private final byte[] yaml;

    /** Reads the document. */
    public OpenApi() throws IOException {
        try (InputStream stream = OpenApi.class.getResourceAsStream("/openapi.yaml")) {
            yaml = Objects.requireNonNull(stream).readAllBytes();
        }
    }

    /** As it is written. */
    public byte[] yaml() {
        return yaml;
    }

    /** The same in JSON. */
    public byte[] json() throws IOException {
        return new ObjectMapper().writeValueAsBytes(new YAMLMapper().readTree(yaml));
    }
}
