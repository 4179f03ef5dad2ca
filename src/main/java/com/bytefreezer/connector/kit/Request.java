package com.bytefreezer.connector.kit;

import com.sun.net.httpserver.Headers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** A client's request to a {@link ScriptedServer}; {@code path} is as sent, with its query. */
public record Request(String method, String path, Headers headers, byte[] body) {

    /** The first value of the header; the case of its name does not matter. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.getFirst(name));
    }

    /** The body as text, decompressed if it is gzip. */
    public String text() {
        return new String(isGzip() ? decompressed() : body, StandardCharsets.UTF_8);
    }

    private boolean isGzip() {
        return header("Content-Encoding").filter("gzip"::equalsIgnoreCase).isPresent();
    }

    private byte[] decompressed() {
        try (var stream = new GZIPInputStream(new ByteArrayInputStream(body))) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Request withoutBody() {
        return new Request(method, path, headers, new byte[0]);
    }
}
