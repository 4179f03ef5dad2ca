package com.bytefreezer.connector.input.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Piece;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * What a record of Kafka brings: the events of its value, and in a member of each where it comes from, with its key and its
 * headers. Whatever the value is, it leaves an event or a dead letter.
 *
 * @param member its name; empty for none
 */
public record RecordPieces(Format format, String member) {
    private static final byte[] NO_VALUE = {'{', '}'};
    private static final byte[] NOTHING = {};

    /** The bytes of a record, with what is known of them. */
    public Piece of(ConsumerRecord<byte[], byte[]> sent) {
        byte[] value = sent.value();
        String place = "topic %s, partition %d, offset %d";
        Optional<String> flaw = Optional.empty();
        Format as = format;
        if (value == null) {
            flaw = member.isEmpty() ? Optional.of("the record has no value, only a key") : flaw;
            as = Format.JSON;
        } else if (format == Format.AUTO) {
            as = looksLikeJson(value) ? Format.JSON : Format.TEXT;
            flaw = as == Format.TEXT && !isUtf8(value)
                    ? Optional.of("the value is neither JSON nor text in UTF-8")
                    : flaw;
        }
        byte[] bytes = value != null ? value : flaw.isPresent() ? NOTHING : NO_VALUE;
        return new Piece(
                bytes,
                0,
                bytes.length,
                as,
                as == Format.TEXT || as == Format.SYSLOG,
                member.isEmpty() ? "" : members(sent),
                flaw,
                Optional.of(() -> place.formatted(sent.topic(), sent.partition(), sent.offset())));
    }

    private static boolean looksLikeJson(byte[] value) {
        int at = 0;
        while (at < value.length && (value[at] == ' ' || value[at] == '\t' || value[at] == '\r' || value[at] == '\n')) {
            at++;
        }
        return at < value.length && (value[at] == '{' || value[at] == '[');
    }

    private String members(ConsumerRecord<byte[], byte[]> sent) {
        StringBuilder json = new StringBuilder(128);
        quote(json, member).append(":{\"topic\":");
        quote(json, sent.topic()).append(",\"partition\":").append(sent.partition());
        json.append(",\"offset\":").append(sent.offset());
        if (sent.timestamp() >= 0) {
            quote(
                    json.append(",\"timestamp\":"),
                    Instant.ofEpochMilli(sent.timestamp()).toString());
        }
        if (sent.key() != null) {
            quote(json.append(",\"key\":"), plain(sent.key()));
        }
        Map<String, StringBuilder> headers = headers(sent);
        if (!headers.isEmpty()) {
            json.append(",\"headers\":{");
            String separator = "";
            for (Map.Entry<String, StringBuilder> each : headers.entrySet()) {
                quote(json.append(separator), each.getKey()).append(':');
                quote(json, each.getValue().toString());
                separator = ",";
            }
            json.append('}');
        }
        return json.append('}').toString();
    }

    private static Map<String, StringBuilder> headers(ConsumerRecord<byte[], byte[]> sent) {
        // Names that differ only in case are one column.
        Map<String, StringBuilder> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (Header each : sent.headers()) {
            StringBuilder values = headers.get(each.key());
            if (values == null) {
                headers.put(each.key(), new StringBuilder(plain(each.value())));
            } else {
                values.append(',').append(plain(each.value()));
            }
        }
        return headers;
    }

    /** What is no text, in base64. */
    private static String plain(byte @Nullable [] bytes) {
        if (bytes == null) {
            return "";
        }
        return isUtf8(bytes) ? new String(bytes, UTF_8) : Base64.getEncoder().encodeToString(bytes);
    }

    private static StringBuilder quote(StringBuilder json, String text) {
        return json.append('"')
                .append(JsonStringEncoder.getInstance().quoteAsString(text))
                .append('"');
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
