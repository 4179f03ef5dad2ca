package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.bytefreezer.connector.problem.ApiException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Refuses what senders send that expect another protocol behind the address: as text it would be stored as garbage. */
final class OtherProtocols {
    /** How much of a body is looked at. */
    static final int HEAD = 512;

    private static final String TAKEN = "Send NDJSON, JSON or text in UTF-8";
    private static final String OTLP =
            "OTLP is not taken. Let the OpenTelemetry Collector send by its exporter syslog, kafka or file instead.";
    private static final Pattern BINARY =
            Pattern.compile("application/(x-)?(protobuf|msgpack|cbor|grpc|avro|vnd\\.apache\\.parquet).*|multipart/.*");
    private static final Pattern WIDE = Pattern.compile(".*charset=\"?utf-?(16|32).*");
    private static final Pattern OTLP_JSON = Pattern.compile("(?s)\\s*\\{\\s*\"resource(Logs|Spans|Metrics)\"\\s*:.*");

    private OtherProtocols() {}

    /** @throws ApiException if the head of the request tells of another protocol */
    static void refuse(Push push) {
        String authorization = push.header("authorization").orElse("");
        if (authorization.regionMatches(true, 0, "splunk ", 0, "splunk ".length())) {
            throw ApiException.unsupported(
                    "This is no HTTP Event Collector. %s to /tenant/dataset, with Authorization: Bearer <token>."
                            .formatted(TAKEN));
        }
        if (push.path().endsWith("/_bulk")) {
            throw ApiException.unsupported(
                    "This is no Elasticsearch. %s to /tenant/dataset, by an output for HTTP.".formatted(TAKEN));
        }
        String type = push.header("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (push.path().matches("/v1/(logs|traces|metrics)") && type.contains("protobuf")) {
            throw ApiException.unsupported(OTLP);
        }
        if (BINARY.matcher(type).matches() || WIDE.matcher(type).matches()) {
            throw ApiException.unsupported(
                    "Content-Type %s is not taken. %s (Fluent Bit: format json_lines; Vector: encoding.codec json)."
                            .formatted(type, TAKEN));
        }
    }

    /** @throws ApiException if the first bytes of a body are no text, or tell of another protocol */
    static void refuse(byte[] head, int length) {
        if (OTLP_JSON.matcher(new String(head, 0, length, ISO_8859_1)).matches()) {
            throw ApiException.unsupported(OTLP);
        }
        for (int i = 0; i < length; i++) {
            if (head[i] >= 0 && head[i] < ' ' && !isOfText(head[i])) {
                throw ApiException.unsupported(
                        "The body is no text in UTF-8. %s; what is packed with gzip needs Content-Encoding: gzip."
                                .formatted(TAKEN));
            }
        }
    }

    /** Also the colours and bells of terminals, and what parts the fields of FIX. */
    private static boolean isOfText(byte control) {
        return "\t\n\r\f\b\u000b\u0007\u001b\u0001".indexOf(control) >= 0;
    }
}
