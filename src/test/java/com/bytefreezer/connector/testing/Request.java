package com.bytefreezer.connector.testing;

import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a client asked a {@link ScriptedServer}; {@code path} is as sent, with its query. */
public record Request(String method, String path, Headers headers, byte[] body) {

    /** The first value of the header, whatever the case of its name. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.getFirst(name));
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    Request withoutBody() {
        return new Request(method, path, headers, new byte[0]);
    }
}
