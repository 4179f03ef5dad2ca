package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random columns, values, filters, row groups, and drift between objects: what is exported is what DuckDB answers over one
 * table with the same rows, whether objects are read one by one, in bundles, together, or for the page.
 */
@Tag("slow")
class AnyDatasetTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a column may be in single objects; the last type that any object has is that of the dataset. */
    private static final List<List<String>> FAMILIES = List.of(
            List.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
            List.of("SMALLINT", "INTEGER", "DOUBLE"),
            List.of("INTEGER", "BIGINT", "DOUBLE", "VARCHAR"),
            List.of("BOOLEAN", "VARCHAR"),
            List.of("DATE", "TIMESTAMP"),
            List.of("VARCHAR"),
            List.of("INTEGER[]", "BIGINT[]", "DOUBLE[]"),
            List.of("STRUCT(a INTEGER, b VARCHAR)"));

    @TempDir
    private Path folder;

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 5);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void givesWhatDuckDbAnswers(long seed) throws Exception {
        check(seed, folder);
    }

    /** Other seeds each time; the system property {@code seeds} says how many. */
    @Test
    @Tag("soak")
    void givesWhatDuckDbAnswersForManySeeds() throws Exception {
        long first = new Random().nextInt(1_000_000_000);
        for (long seed = first; seed < first + Integer.getInteger("seeds", 500); seed++) {
            check(seed, Files.createDirectories(folder.resolve(String.valueOf(seed))));
        }
    }

    private static void check(long seed, Path folder) throws Exception {
        Random random = new Random(seed);
        List<List<String>> families = new ArrayList<>();
        for (int i = random.nextInt(1, 7); i > 0; i--) {
            families.add(FAMILIES.get(random.nextInt(FAMILIES.size())));
        }
        try (var dataset = new LocalDataset(folder);
                var reference = DriverManager.getConnection("jdbc:duckdb:")) {
            List<String> types = write(dataset, reference, families, random);
            for (int i = 0; i < 4; i++) {
                String filter = filter(types, random, 2);
                String columns = columns(types, random);
                String sql = "SELECT id%s FROM events WHERE %s".formatted(columns, filter);
                List<JsonNode> expected = expected(reference, types, columns, filter);

                List<String> single = new ArrayList<>();
                dataset.objects().forEach(object -> single.addAll(dataset.records(sql, object)));
                requireSame(seed, sql + " one by one", single, expected);
                List<String> bundled = new ArrayList<>();
                int half = dataset.objects().size() / 2;
                for (var bundle : List.of(
                        dataset.objects().subList(0, half),
                        dataset.objects().subList(half, dataset.objects().size()))) {
                    bundled.addAll(bundle.isEmpty() ? List.of() : dataset.bundled(sql, bundle));
                }
                requireSame(seed, sql + " in bundles", bundled, expected);
                requireSame(seed, sql + " together", dataset.records(sql), expected);
                if (i == 0) {
                    requireSame(seed, sql + " for the page", dataset.shown(sql), expected);
                }
            }
            String count = "SELECT count(*) AS n, sum(id)::BIGINT AS s FROM events WHERE " + filter(types, random, 1);
            assertThat(JSON.readTree(dataset.records(count).get(0)))
                    .as("seed %d: %s", seed, count)
                    .isEqualTo(JSON.readTree(text(
                            reference,
                            "SELECT to_json(r)::VARCHAR FROM (" + count.replace("events", "everything") + ") AS r")));
        }
    }

    /** Writes objects and one table with the same rows. Gives the types of the dataset. */
    private static List<String> write(
            LocalDataset dataset, Connection reference, List<List<String>> families, Random random)
            throws SQLException {
        int objects = random.nextInt(1, 6);
        List<List<Integer>> chosen = new ArrayList<>();
        for (int object = 0; object < objects; object++) {
            chosen.add(families.stream()
                    // Absent, or one of its types.
                    .map(family -> random.nextInt(5) == 0 && !chosen.isEmpty() ? -1 : random.nextInt(family.size()))
                    .toList());
        }
        List<String> types = new ArrayList<>();
        for (int column = 0; column < families.size(); column++) {
            int its = column;
            int widest = chosen.stream().mapToInt(one -> one.get(its)).max().orElseThrow();
            types.add(families.get(column).get(widest));
        }
        execute(
                reference,
                "CREATE TABLE everything(id BIGINT%s)".formatted(list(types, (i, type) -> ", c" + i + " " + type)));
        long first = 0;
        for (int object = 0; object < objects; object++) {
            int rows = List.of(0, 1, 50, 300, 5000).get(random.nextInt(5));
            StringBuilder written = new StringBuilder("SELECT i AS id");
            StringBuilder kept = new StringBuilder("SELECT i AS id");
            for (int column : shuffled(families.size(), random)) {
                int type = chosen.get(object).get(column);
                if (type >= 0) {
                    String of = families.get(column).get(type);
                    written.append(", %s AS c%d".formatted(value(of, column, random.nextInt(1000)), column));
                }
            }
            String from = " FROM range(%d, %d) AS t(i)".formatted(first, first + rows);
            for (int column = 0; column < families.size(); column++) {
                int type = chosen.get(object).get(column);
                kept.append(", ")
                        .append(
                                type < 0
                                        ? "NULL"
                                        : converted(families.get(column).get(type), types.get(column), "c" + column));
            }
            String rowsOfObject = written + from;
            dataset.write("%d.parquet".formatted(object), rowsOfObject, random.nextInt(1, 6000));
            execute(
                    reference,
                    "INSERT INTO everything %s FROM (%s) AS t"
                            .formatted(kept.toString().replace("i AS id", "id"), rowsOfObject));
            first += rows;
        }
        return types;
    }

    private static List<Integer> shuffled(int count, Random random) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(random.nextInt(all.size() + 1), i);
        }
        return all;
    }

    /** Few different values, and NULL among them. */
    private static String value(String type, int column, int salt) {
        String h = "(hash(i * 31 + %d + %d) %% 40)::INTEGER".formatted(column, salt);
        String value =
                switch (type) {
                    case "BOOLEAN" -> h + " % 2 = 0";
                    case "DOUBLE" -> h + " / 4.0::DOUBLE";
                    case "VARCHAR" ->
                        "CASE WHEN %1$s %% 3 = 0 THEN (%1$s / 4)::INTEGER::VARCHAR ELSE 'v' || %1$s END".formatted(h);
                    case "DATE" -> "DATE '2026-01-01' + " + h;
                    case "TIMESTAMP" -> "TIMESTAMP '2026-01-01' + to_hours(" + h + " * 6)";
                    case "INTEGER[]", "BIGINT[]", "DOUBLE[]" ->
                        "[%1$s, NULL, %1$s + 1][:%1$s %% 4]::%2$s".formatted(h, type);
                    case "STRUCT(a INTEGER, b VARCHAR)" ->
                        "{'a': CASE WHEN %1$s %% 4 > 0 THEN %1$s END, 'b': 'v' || %1$s}".formatted(h);
                    default -> "%s::%s".formatted(h, type);
                };
        return "CASE WHEN %s %% 7 <> 0 THEN %s END".formatted(h, value);
    }

    /** As docs/data.md says. */
    private static String converted(String from, String to, String x) {
        if (to.equals("VARCHAR") && from.equals("DOUBLE")) {
            return "CASE WHEN %1$s = %1$s::BIGINT THEN %1$s::BIGINT::VARCHAR ELSE %1$s::VARCHAR END".formatted(x);
        }
        return x + "::" + to;
    }

    private static String columns(List<String> types, Random random) {
        return list(types, (i, type) -> random.nextInt(3) > 0 ? ", c" + i : "");
    }

    private static String filter(List<String> types, Random random, int depth) {
        int kind = random.nextInt(depth > 0 ? 9 : 6);
        if (kind >= 6) {
            String one = filter(types, random, depth - 1);
            String other = filter(types, random, depth - 1);
            return List.of("(%s AND %s)", "(%s OR %s)", "NOT coalesce(%s AND %s, false)")
                    .get(kind - 6)
                    .formatted(one, other);
        }
        int column = random.nextInt(types.size());
        String x = "c" + column;
        int n = random.nextInt(40);
        String type = types.get(column);
        String constant =
                switch (type) {
                    case "BOOLEAN" -> n % 2 == 0 ? "true" : "false";
                    case "VARCHAR" -> n % 2 == 0 ? "'v" + n + "'" : "'" + n / 4 + "'";
                    case "DATE" -> "DATE '2026-01-01' + " + n;
                    case "TIMESTAMP" -> "TIMESTAMP '2026-01-01' + to_hours(%d)".formatted(n * 6);
                    case "INTEGER[]", "BIGINT[]", "DOUBLE[]" -> "[%d, NULL]".formatted(n);
                    case "STRUCT(a INTEGER, b VARCHAR)" -> String.valueOf(n);
                    default -> n % 3 == 0 ? n / 4.0 + "" : "" + n;
                };
        String operand = type.startsWith("STRUCT") ? x + ".a" : x;
        return switch (kind) {
            case 0 -> x + " IS NULL";
            case 1 -> operand + " = " + constant;
            case 2 -> operand + " < " + constant;
            case 3 -> operand + " IN (" + constant + ", NULL)";
            case 4 -> operand + " <> " + constant;
            default -> "coalesce(%s >= %s, id %% 3 = 0)".formatted(operand, constant);
        };
    }

    private static List<JsonNode> expected(Connection reference, List<String> types, String columns, String filter)
            throws Exception {
        String written = list(
                types,
                (i, type) -> !columns.contains(", c" + i)
                        ? ""
                        : type.equals("TIMESTAMP")
                                ? ", strftime(c%1$d, '%%Y-%%m-%%dT%%H:%%M:%%SZ') AS c%1$d".formatted(i)
                                : ", c" + i);
        List<JsonNode> records = new ArrayList<>();
        try (var statement = reference.createStatement();
                var rows = statement.executeQuery(
                        "SELECT to_json(r)::VARCHAR FROM (SELECT id%s FROM everything WHERE %s) AS r"
                                .formatted(written, filter))) {
            while (rows.next()) {
                records.add(plain(JSON.readTree(rows.getString(1))));
            }
        }
        return records;
    }

    private static void requireSame(long seed, String what, List<String> records, List<JsonNode> expected)
            throws Exception {
        List<JsonNode> given = new ArrayList<>();
        for (String record : records) {
            given.add(plain(JSON.readTree(record)));
        }
        Comparator<JsonNode> byId =
                Comparator.comparing(record -> record.path("id").asLong());
        assertThat(given.stream().sorted(byId).map(JsonNode::toString))
                .as("seed %d: %s", seed, what)
                .containsExactlyElementsOf(
                        expected.stream().sorted(byId).map(JsonNode::toString).toList());
    }

    /** Members by name, and numbers without a fraction of zero. */
    private static JsonNode plain(JsonNode node) {
        if (node.isObject()) {
            Map<String, JsonNode> members = new TreeMap<>();
            node.properties().forEach(member -> members.put(member.getKey(), plain(member.getValue())));
            return JSON.valueToTree(members);
        }
        if (node.isArray()) {
            var array = JSON.createArrayNode();
            node.forEach(item -> array.add(plain(item)));
            return array;
        }
        return node.isNumber()
                ? JSON.getNodeFactory()
                        .textNode(node.decimalValue().stripTrailingZeros().toPlainString())
                : node;
    }

    private interface Part {
        String of(int index, String type);
    }

    private static String list(List<String> types, Part part) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            parts.add(part.of(i, types.get(i)));
        }
        return parts.stream().collect(Collectors.joining());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
