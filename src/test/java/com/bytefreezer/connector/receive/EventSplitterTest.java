package com.bytefreezer.connector.receive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.spool.Arrival;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventSplitterTest {
    private static final String T = "{\"BfTs\":7,";
    private static final int LONGEST = 40;

    @Test
    void linesAreEventsAndWhatIsNoneIsKeptWithItsBytes() throws JsonProcessingException {
        Arrival arrival = split(Format.NDJSON, "\ufeff{\"a\":1}\r\n\n  \n {\"a\":2} \nnot \"this\"\n\u00e9\n{\"a\":3}");
        assertThat(events(arrival)).containsExactly(T + "\"a\":1}", T + "\"a\":2}", T + "\"a\":3}");
        assertThat(arrival.eventCount()).isEqualTo(3);
        assertThat(arrival.deadLetterCount()).isEqualTo(2);
        assertThat(deadLetters(arrival))
                .extracting(one -> one.path("line").asText())
                .containsExactly("not \"this\"", "\u00e9");
        assertThat(deadLetters(arrival).get(0).path("reason").asText()).startsWith("it is no JSON: ");
        assertThat(deadLetters(arrival).get(0).path("received").asText()).isEqualTo("1970-01-01T00:00:00.007Z");
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"NDJSON", "TEXT", "AUTO"})
    void aLineBeyondTheLimitIsADeadLetter(Format format) throws JsonProcessingException {
        String just = "{\"a\":\"%s\"}".formatted("x".repeat(LONGEST - 8));
        String tooLong = "{\"a\":\"%s\"}".formatted("y".repeat(500));
        Arrival arrival = split(format, just + "\r\n" + tooLong + "\n" + just + "\n" + tooLong);
        assertThat(arrival.eventCount()).isEqualTo(2);
        assertThat(deadLetters(arrival)).hasSize(2).allSatisfy(dead -> {
            assertThat(dead.path("line").asText()).isEqualTo(tooLong.substring(0, LONGEST));
            assertThat(dead.path("reason").asText())
                    .isEqualTo("the line has 508 bytes; the limit is 40, and the rest is not kept");
        });
    }

    @Test
    void textBecomesAMessageWhateverItsBytes() {
        assertThat(events(split(Format.TEXT, "  a \"b\"\\\t\u0001\r\n\n{\"a\":1}\n\u00fc\n")))
                .containsExactly(
                        T + "\"message\":\"  a \\\"b\\\"\\\\\\t\\u0001\"}",
                        T + "\"message\":\"{\\\"a\\\":1}\"}",
                        T + "\"message\":\"\u00fc\"}");
        EventSplitter splitter = new EventSplitter(Format.TEXT, LONGEST, new EventBatch(Shape.empty(), 7));
        byte[] latin = "caf\u00e9".getBytes(ISO_8859_1);
        splitter.take(latin, 0, latin.length);
        assertThat(events(splitter.end(Optional.empty()))).containsExactly(T + "\"message\":\"caf\u00e9\"}");
    }

    @Test
    void jsonMayStandInArraysAndOverLines() throws JsonProcessingException {
        assertThat(events(split(Format.JSON, "[{\"a\":1},\n{\n\"a\": 2\n}] {\"a\":3}\n{\"a\":[{}]}")))
                .containsExactly(T + "\"a\":1}", T + "\"a\": 2 }", T + "\"a\":3}", T + "\"a\":[{}]}");
        String longer = "[%s{\"a\":2}]".formatted("{\"a\":1},".repeat(100));
        assertThat(events(split(Format.AUTO, longer))).hasSize(101);
        Arrival broken = split(Format.JSON, "[{\"a\":1}, 12, \"x\", [1], {\"a\":2}, {\"a\": oh}, {\"a\":4}]");
        assertThat(events(broken)).containsExactly(T + "\"a\":1}", T + "\"a\":2}");
        assertThat(deadLetters(broken))
                .extracting(one -> one.path("line").asText())
                .containsExactly("12", "\"x\"", "[1]", ", {\"a\": oh}, {\"a\":4}]");
    }

    /** Fluent Bit's json_stream and records of Firehose have nothing between the objects. */
    @Test
    void objectsOnOneLineAreAnEventEach() throws JsonProcessingException {
        String line = "{\"a\":1}{\"a\":{\"b\":2}} {\"a\":3}";
        for (Format format : List.of(Format.NDJSON, Format.AUTO, Format.JSON)) {
            assertThat(events(split(format, line + "\n{\"a\":4}\n")))
                    .as(format.name())
                    .containsExactly(T + "\"a\":1}", T + "\"a\":{\"b\":2}}", T + "\"a\":3}", T + "\"a\":4}");
        }
        Arrival other = split(Format.NDJSON, "{\"a\":1} x\n{\"a\":1}[]\n{\"a\":1}{\"a\"");
        assertThat(events(other)).isEmpty();
        assertThat(deadLetters(other))
                .extracting(one -> one.path("line").asText())
                .containsExactly("{\"a\":1} x", "{\"a\":1}[]", "{\"a\":1}{\"a\"");
    }

    @Test
    void theFirstLineTellsTheFormat() {
        assertThat(events(split(Format.AUTO, "\n\r\n{\"a\":1}\nx\n{\"a\":2}"))).hasSize(2);
        assertThat(events(split(Format.AUTO, "\ufeff{\n\"a\":1\n}\n{\"a\":2}"))).hasSize(2);
        assertThat(events(split(Format.AUTO, " [\n{\"a\":1},{\"a\":2}]"))).hasSize(2);
        assertThat(events(split(Format.AUTO, "<34>text\n{\"a\":2}")))
                .containsExactly(T + "\"message\":\"<34>text\"}", T + "\"message\":\"{\\\"a\\\":2}\"}");
        assertThat(split(Format.AUTO, "").eventCount()).isZero();
        assertThat(split(Format.AUTO, " \n\n").deadLetterCount()).isZero();
        assertThat(split(Format.AUTO, "{\"a\":1").deadLetterCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":0,\"b\":\"te",
                "{\"a\":0,",
                "{\"a\":",
                "{\"a\":[0,",
                "{",
                "\ufeff\n \n{\"a\":0,\"b",
                "t\",\"b\":2}",
                "}",
                ",\"b\":{\"c\":2}} \r"
            })
    void aFirstLineThatIsCutIsTheOnlyDeadLetter(String cut) {
        Arrival arrival = split(Format.AUTO, cut + "\n\n{\"a\":1}\r\n{\"a\":2}\n");
        assertThat(events(arrival)).containsExactly(T + "\"a\":1}", T + "\"a\":2}");
        assertThat(arrival.deadLetterCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n",
                "{ \"a\": 1\n}\n\n{ \"a\":\n2 }",
                "{\n\n\"a\":1}{\"a\":2}",
                "{\"a\":1} {\n\"a\":2}"
            })
    void documentsOverLinesStayDocuments(String documents) {
        Arrival arrival = split(Format.AUTO, documents);
        assertThat(arrival.eventCount()).isEqualTo(2);
        assertThat(arrival.deadLetterCount()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[Wed Oct 11 14:32:52 2000] [error] x",
                "[    0.000000] Linux",
                "[2026-11-28T20:00:00Z] a",
                "[2026-11-28 20:00] a",
                "[INFO] a",
                "[  OK  ] Started",
                "[1] a",
                "[\"a\"] b",
                "[true] a",
                "[{main}] a",
                "[[main]] a",
                "[::1] - -"
            })
    void textInBracketsIsNoArray(String line) {
        Arrival arrival = split(Format.AUTO, "%s\n%s%n{\"a\":1}".formatted(line, line));
        assertThat(events(arrival)).hasSize(3).allMatch(event -> event.contains("\"message\":"));
        assertThat(arrival.deadLetterCount()).isZero();
        assertThat(split(Format.AUTO, line + "y".repeat(2 * LONGEST) + "\n" + line)
                        .eventCount())
                .isEqualTo(1);
    }

    @Test
    void anArrayMayComeInPiecesOfAnyLength() {
        byte[] array = "[%s{\"a\":true}]".formatted("{\"a\":\"b\"},".repeat(20)).getBytes(UTF_8);
        for (int length = 1; length <= array.length; length++) {
            EventSplitter splitter = new EventSplitter(Format.AUTO, LONGEST, new EventBatch(Shape.empty(), 7));
            for (int at = 0; at < array.length; at += length) {
                splitter.take(array, at, Math.min(length, array.length - at));
            }
            assertThat(splitter.end(Optional.empty()).eventCount()).isEqualTo(21);
        }
    }

    @Test
    void textStaysTextWhateverFollows() {
        assertThat(events(split(Format.AUTO, "started {}\nwarn {x}\n"))).hasSize(2);
        assertThat(events(split(Format.AUTO, "banner\n{\"a\":1}")))
                .last()
                .asString()
                .contains("message");
        assertThat(events(split(Format.AUTO, "ends with }"))).hasSize(1);
    }

    @Test
    void bytesThatAreNoTextAreKeptInBase64() throws JsonProcessingException {
        EventSplitter splitter = new EventSplitter(Format.NDJSON, LONGEST, new EventBatch(Shape.empty(), 7));
        byte[] latin = "{\"a\":\"\u00e9\"}".getBytes(ISO_8859_1);
        splitter.take(latin, 0, latin.length);
        JsonNode dead = deadLetters(splitter.end(Optional.empty())).get(0);
        assertThat(Base64.getDecoder().decode(dead.path("base64").asText())).isEqualTo(latin);
    }

    /** Whatever pieces it comes in. */
    private static Arrival split(Format format, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        Arrival whole = null;
        for (int size : new int[] {bytes.length + 1, 1, 2, 3, 7}) {
            EventSplitter splitter = new EventSplitter(format, LONGEST, new EventBatch(Shape.empty(), 7));
            for (int at = 0; at < bytes.length; at += size) {
                splitter.take(bytes, at, Math.min(size, bytes.length - at));
            }
            Arrival arrival = splitter.end(Optional.empty());
            assertThat(whole == null || whole.equals(arrival))
                    .as("pieces of %d bytes", size)
                    .isTrue();
            whole = arrival;
        }
        return whole;
    }

    private static List<String> events(Arrival arrival) {
        return lines(arrival.events());
    }

    private static List<JsonNode> deadLetters(Arrival arrival) throws JsonProcessingException {
        List<JsonNode> all = new java.util.ArrayList<>();
        for (String line : lines(arrival.deadLetters())) {
            all.add(Json.mapper().readTree(line));
        }
        return all;
    }

    private static List<String> lines(ByteBuffer bytes) {
        return UTF_8.decode(bytes.duplicate()).toString().lines().toList();
    }
}
