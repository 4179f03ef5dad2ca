package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;

/**
 * What AWS hands on as one record (Kinesis, Firehose): any text, perhaps packed with gzip. Of the logs that CloudWatch Logs sends,
 * each is an event.
 *
 * @param members what each event gets besides its own, as in {@link Piece}
 * @param flaw why it is no event, if that is known already
 */
public record AwsBody(byte[] bytes, Format format, String members, Optional<String> flaw) {
    private static final ObjectMapper JSON = Json.mapper();

    /**
     * The content of a record.
     *
     * @param most bytes without the compression
     */
    public static AwsBody of(byte[] data, Format format, int most) {
        if (data.length > 2 && data[0] == 0x1f && (data[1] & 0xff) == 0x8b) {
            try (InputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(data))) {
                byte[] bytes = unpacked.readNBytes(most);
                return unpacked.read() < 0
                        ? ofLogs(bytes).orElseGet(() -> text(bytes, format))
                        : flawed(data, "it has more than %,d bytes without its compression".formatted(most));
            } catch (IOException e) {
                return flawed(data, "it begins as gzip and cannot be unpacked");
            }
        }
        return text(data, format);
    }

    private static AwsBody text(byte[] bytes, Format format) {
        return format == Format.AUTO && !Utf8.is(bytes, 0, bytes.length)
                ? flawed(bytes, "it is neither JSON nor text in UTF-8")
                : new AwsBody(bytes, format, "", Optional.empty());
    }

    private static AwsBody flawed(byte[] bytes, String why) {
        return new AwsBody(bytes, Format.TEXT, "", Optional.of(why));
    }

    private static Optional<AwsBody> ofLogs(byte[] bytes) {
        try {
            if (bytes.length > 0
                    && bytes[0] == '{'
                    && JSON.readTree(bytes) instanceof ObjectNode all
                    && all.path("messageType").asText().equals("DATA_MESSAGE")
                    && !all.path("logEvents").isEmpty()) {
                JsonNode events = all.remove("logEvents");
                all.remove("messageType");
                String members = JSON.writeValueAsString(all);
                return Optional.of(new AwsBody(
                        JSON.writeValueAsBytes(events),
                        Format.JSON,
                        members.substring(1, members.length() - 1),
                        Optional.empty()));
            }
        } catch (IOException e) {
            // No JSON, or not all of it.
        }
        return Optional.empty();
    }

    /**
     * As a part of what a feed brings.
     *
     * @param more members of each event
     * @param place as in {@link Piece}
     */
    public Piece piece(String more, Supplier<String> place) {
        String separator = more.isEmpty() || members.isEmpty() ? "" : ",";
        return new Piece(bytes, 0, bytes.length, format, false, more + separator + members, flaw, Optional.of(place));
    }
}
