package com.bytefreezer.connector.receive;

import java.io.InputStream;
import java.util.Map;
import java.util.Optional;

/**
 * A request with events, as the platform's Receiver gets it.
 *
 * @param path as it is sent: {@code /tenant/dataset} or {@code /webhook/tenant/dataset}
 * @param headers by their names in small letters
 * @param body as it is sent, without the framing of HTTP
 */
public record Push(String path, Map<String, String> headers, InputStream body) implements Sent {
    private static final String BEARER = "bearer ";

    @Override
    public String feed() {
        return "";
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    Optional<String> token() {
        return header("authorization")
                .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .map(value -> value.substring(BEARER.length()).strip())
                .or(() -> header("x-amz-firehose-access-key"));
    }

    /** By which the sender would repeat it. */
    Optional<String> batch() {
        return header("x-proxy-batch-id").or(() -> header("idempotency-key")).or(() -> Firehose.request(this));
    }
}
