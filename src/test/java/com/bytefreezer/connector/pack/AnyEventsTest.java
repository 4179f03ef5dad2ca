package com.bytefreezer.connector.pack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.FolderShelf;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.receive.EventSplitter;
import com.bytefreezer.connector.receive.Format;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.Counts;
import com.bytefreezer.connector.spool.Spool;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever events bring, in whatever order: DuckDB finds each value of each event in the packed objects. */
class AnyEventsTest {
    private static final int SEEDS = 8;
    private static final int PACKS = 3;
    private static final int EVENTS = 20;
    private static final List<String> NAMES =
            List.of("a", "A", "b", "c d", "é", "\"q\"", "it's", "day", "select", "a.b", "two\nlines", "$", "{}");
    private static final List<String> TEXTS = List.of("", "22", "true", "null", "{\"x\":1}", "ü \"'\\", "2026-01-01");
    private static final List<String> NUMBERS =
            List.of("0", "-7", "9007199254740993", "123456789012345678901234567890");
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS);

    @TempDir
    private Path folder;

    @Test
    void noValueIsLostOrChangedWhateverComesNext() throws Exception {
        for (int seed = 0; seed < SEEDS; seed++) {
            check(new Random(seed), folder.resolve("seed-" + seed));
        }
    }

    private static void check(Random random, Path root) throws Exception {
        Packer packer = new Packer("snappy", 128_000_000, 1, root.resolve("tmp"), root.resolve("dead"));
        FolderShelf lake = new FolderShelf(root.resolve("lake"));
        Map<Integer, JsonNode> sent = new LinkedHashMap<>();
        for (int pack = 0; pack < PACKS; pack++) {
            // Each pack in a process of its own.
            try (Spool spool = Spool.open(root.resolve("spool"), 10_000_000)) {
                Intake intake = Intake.open(spool.dataset("t", "d"), Clock.systemUTC());
                EventSplitter splitter = new EventSplitter(Format.NDJSON, 1_000_000, intake.batch());
                for (int i = 0; i < EVENTS; i++) {
                    ObjectNode event = object(random, 0);
                    event.put("id", sent.size());
                    byte[] line = (JSON.writeValueAsString(event) + "\n").getBytes(UTF_8);
                    splitter.take(line, 0, line.length);
                    sent.put(sent.size(), event);
                }
                intake.append(splitter.end(Optional.empty()));
                intake.spool().seal();
                packer.pack(intake.spool().next().orElseThrow(), intake, lake, Optional.empty());
                assertThat(intake.spool().counts()).isEqualTo(new Counts(sent.size(), 0, 0, 0));
            }
        }
        Map<Integer, JsonNode> packed = packed(lake.folder());
        assertThat(packed).hasSameSizeAs(sent);
        sent.forEach((id, event) -> assertThat(isSame(event, packed.get(id)))
                .as("%s became %s in %s", event, packed.get(id), root)
                .isTrue());
    }

    private static ObjectNode object(Random random, int depth) {
        ObjectNode object = JSON.createObjectNode();
        List<String> taken = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            if (!taken.contains(name.toLowerCase(Locale.ROOT))) {
                taken.add(name.toLowerCase(Locale.ROOT));
                object.set(name, value(random, depth + 1));
            }
        }
        return object;
    }

    private static JsonNode value(Random random, int depth) {
        return switch (random.nextInt(depth > 2 ? 5 : 8)) {
            case 0 -> JSON.getNodeFactory().nullNode();
            case 1 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
            case 2 -> JSON.getNodeFactory().numberNode(new BigInteger(NUMBERS.get(random.nextInt(NUMBERS.size()))));
            case 3 -> JSON.getNodeFactory().numberNode(BigDecimal.valueOf(random.nextInt(1000) + 1, 3));
            case 4 -> JSON.getNodeFactory().textNode(TEXTS.get(random.nextInt(TEXTS.size())));
            case 5 -> object(random, depth);
            case 6 -> nested(random);
            default -> {
                ArrayNode list = JSON.createArrayNode();
                for (int i = random.nextInt(3); i > 0; i--) {
                    list.add(value(random, depth + 1));
                }
                yield list;
            }
        };
    }

    /** Deeper than what DuckDB has types for, or not quite. */
    private static JsonNode nested(Random random) {
        JsonNode inner = value(random, 3);
        for (int depth = 9 + random.nextInt(5); depth > 0; depth--) {
            inner = random.nextInt(10) == 0
                    ? JSON.createArrayNode().add(inner)
                    : JSON.createObjectNode().set("n", inner);
        }
        return inner;
    }

    /** Each object by itself, as DuckDB reads it. */
    private static Map<Integer, JsonNode> packed(Path lake) throws IOException, SQLException {
        List<Path> objects;
        try (Stream<Path> files = Files.walk(lake)) {
            objects = files.filter(Files::isRegularFile).toList();
        }
        Map<Integer, JsonNode> packed = new LinkedHashMap<>();
        try (Connection connection = DuckDb.bare();
                Statement statement = connection.createStatement()) {
            for (Path object : objects) {
                try (ResultSet rows = statement.executeQuery(
                        "SELECT id, to_json(t)::VARCHAR FROM read_parquet(%s, hive_partitioning=false) t"
                                .formatted(DuckDb.literal(object.toString())))) {
                    while (rows.next()) {
                        packed.put(rows.getInt(1), JSON.readTree(rows.getString(2)));
                    }
                }
            }
        }
        return packed;
    }

    /** Whether nothing is lost: a value of another type than its column's is its JSON as a text. */
    private static boolean isSame(JsonNode sent, JsonNode packed) {
        if (sent.isNull() || packed == null || packed.isNull()) {
            return sent.isNull() && (packed == null || packed.isNull());
        }
        if (packed.isTextual() && !sent.isTextual()) {
            try {
                return JSON.readTree(packed.asText()).equals(sent) || isSame(sent, JSON.readTree(packed.asText()));
            } catch (IOException e) {
                return false;
            }
        }
        if (sent.isNumber() && packed.isNumber()) {
            return sent.decimalValue().compareTo(packed.decimalValue()) == 0;
        }
        if (sent.isArray() && packed.isArray() && sent.size() == packed.size()) {
            for (int i = 0; i < sent.size(); i++) {
                if (!isSame(sent.get(i), packed.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (sent.isObject() && packed.isObject()) {
            Map<String, JsonNode> left = new LinkedHashMap<>();
            packed.properties().forEach(one -> left.put(one.getKey().toLowerCase(Locale.ROOT), one.getValue()));
            left.remove("bfts");
            boolean same = sent.properties().stream()
                    .allMatch(one ->
                            isSame(one.getValue(), left.remove(one.getKey().toLowerCase(Locale.ROOT))));
            return same && left.values().stream().allMatch(JsonNode::isNull);
        }
        return sent.equals(packed);
    }
}
