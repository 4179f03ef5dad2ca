package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.cage.Cage;
import com.bytefreezer.connector.cage.Cell;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls every function that DuckDB has with odd values, as a person's query would. None may end its process, answer with an
 * internal error, read what is no part of the dataset, or outlive its kill. What does belongs into {@link Allowed}.
 */
@Tag("slow")
class SandboxFuzzTest {
    private static final Duration PATIENCE = Duration.ofMillis(1500);
    private static final Duration GRACE = Duration.ofMinutes(1);
    private static final Duration CI = Duration.ofSeconds(6);

    private static final String DEEP_LIST = "repeat('[', 300000) || repeat(']', 300000)";
    private static final String DEEP_OBJECT = "repeat('{\"a\":', 300000) || '1' || repeat('}', 300000)";

    private static final List<String> NUMBERS = List.of(
            "0",
            "1",
            "-1",
            "255",
            "2147483647",
            "-2147483648",
            "1000000000",
            "9223372036854775807",
            "(-9223372036854775808)",
            "170141183460469231731687303715884105727::HUGEINT",
            "'nan'::DOUBLE",
            "'-inf'::DOUBLE",
            "5e-324",
            "1.5::DECIMAL(4,2)");
    private static final List<String> LISTS = List.of(
            "[]",
            "[NULL]",
            "[1, 2, NULL]",
            "['a', 'b']",
            "[[1], [2, NULL], NULL]",
            "range(10000)",
            "[{'a': 1}]",
            "[1, 2]::INTEGER[2]",
            "repeat([1], 1000)",
            "['nan'::DOUBLE, 1.5]");
    private static final List<String> TIMES = List.of(
            "'infinity'::TIMESTAMP",
            "'290000-01-01'::TIMESTAMP",
            "'290000-01-01 (BC)'::TIMESTAMP",
            "'2024-02-29'::DATE",
            "'-infinity'::DATE",
            "TIME '23:59:59'",
            "INTERVAL 2147483647 MONTH",
            "INTERVAL (-1) DAY");
    private static final List<String> OTHERS = List.of(
            "NULL",
            "true",
            "''::BLOB",
            "repeat('x', 100000)::BLOB",
            "MAP {}",
            "MAP {'a': 1}",
            "{'a': NULL, 'b': {'c': [1]}}",
            "row(1, 2)",
            "repeat('1', 100000)::BIT",
            "'a'::ENUM('a', 'b')",
            "union_value(k := 1)",
            "uuid()",
            "1::BIGNUM",
            "1::VARIANT",
            "events");
    private static final List<String> LAMBDAS =
            List.of("lambda x: x", "lambda x, y: x + y", "lambda x: NULL", "lambda x: range(1000)", "lambda x: x > 0");

    @TempDir
    private Path root;

    @AutoClose
    private Cage cage;

    @AutoClose
    private WebhookServer canary;

    @AutoClose
    private LocalDataset dataset;

    @AutoClose("shutdownNow")
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    private Path secret;
    private List<String> texts;
    private Schema schema;
    private final List<String> faults = new ArrayList<>();
    private int calls;

    @BeforeEach
    void prepare() throws IOException {
        dataset = new LocalDataset(root.resolve("dataset"));
        dataset.write("a.parquet", "SELECT range AS id, 'x' AS message FROM range(3)");
        secret = Files.writeString(root.resolve("canary.csv"), "a\nthe-bird-sings\n");
        canary = WebhookServer.start();
        cage = new Cage(settings());
        schema = Schema.of(settings());
        texts = List.of(
                "''",
                "'a'",
                "chr(0)",
                "'ü€𝄞'",
                "repeat('x', 100000)",
                "'%n%s%100000000d'",
                "'{:>100000000}'",
                "'(((((a*)*)*)*)*)*b'",
                "'NaN'",
                "'year'",
                "'9999999999999999999'",
                "'[1, {\"a\": null}]'",
                "'{\"a\": \"INTEGER\"}'",
                "'$' || repeat('[0]', 100000)",
                DEEP_LIST,
                DEEP_OBJECT,
                "'SELECT 1'",
                "'memory_limit'",
                "'duckdb_settings'",
                "'%s'".formatted(secret),
                "'%s/**'".formatted(root),
                "'%s'".formatted(canary.url()));
    }

    @Test
    void noFunctionEndsItsProcessOrReadsWhatItMayNot() throws Exception {
        call(1, 1, CI);
        assertThat(faults).isEmpty();
        assertThat(calls).isPositive();
    }

    @Test
    @Tag("soak")
    void noFunctionDoesSoWithManyMoreValues() throws Exception {
        call(2, 100, Duration.ofMinutes(Integer.getInteger("soak.minutes", 60)));
        assertThat(faults).isEmpty();
    }

    private void call(int seed, int each, Duration time) throws Exception {
        long begun = System.nanoTime();
        List<String> statements = statements(new Random(seed), each);
        int next = 0;
        while (next < statements.size() && System.nanoTime() - begun < time.toNanos()) {
            Cell cell = cage.take();
            try (DuckDb duckDb =
                            DuckDb.open(cell, settings(), Set.of(dataset.folder + "/"), null, true, LookupTables.NONE);
                    Connection parser = cell.connect()) {
                duckDb.lock(1);
                while (next < statements.size() && cell.end().isEmpty() && System.nanoTime() - begun < time.toNanos()) {
                    run(cell, duckDb, parser, statements.get(next++));
                }
            } finally {
                cage.giveBack(cell);
            }
        }
        assertThat(canary.requests()).isEmpty();
    }

    private void run(Cell cell, DuckDb duckDb, Connection parser, String sql) throws Exception {
        calls++;
        long begun = System.nanoTime();
        var kill = clock.schedule(() -> cell.kill("late"), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        var watch = clock.scheduleAtFixedRate(
                () -> {
                    if (cell.memory() > cage.mostMemory()) {
                        cell.kill("large");
                    }
                },
                20,
                20,
                TimeUnit.MILLISECONDS);
        try {
            Query query = Query.parse(sql, parser, name -> false);
            duckDb.read(query, dataset.objects(), schema, false, 3, new DuckDb.Reader() {
                @Override
                public void columns(List<String> names, List<String> types) {
                    // Only values tell.
                }

                @Override
                public boolean record(byte[] json) {
                    if (new String(json, StandardCharsets.UTF_8).contains("the-bird-sings")) {
                        faults.add("reads the canary: " + sql);
                    }
                    return true;
                }
            });
        } catch (ConnectorException e) {
            if (e.getMessage().contains("INTERNAL Error")) {
                faults.add("internal error: " + sql);
            }
        } finally {
            kill.cancel(false);
            watch.cancel(false);
        }
        cell.end().filter(why -> !why.equals("late") && !why.equals("large")).ifPresent(why -> faults.add(why + sql));
        if (System.nanoTime() - begun > PATIENCE.plus(GRACE).toNanos()) {
            faults.add("too late: " + sql);
        }
    }

    private List<String> statements(Random random, int each) throws SQLException {
        List<String> statements = new ArrayList<>();
        Cell cell = cage.take();
        try (var connection = cell.connect();
                var statement = connection.createStatement();
                ResultSet functions = statement.executeQuery("""
                    SELECT DISTINCT function_name, function_type, array_to_string(list_transform(parameter_types, lambda t: coalesce(t, 'ANY')), ';'), varargs
                    FROM duckdb_functions() WHERE function_type <> 'pragma' AND function_name NOT LIKE 'icu_collate_%'
                      AND function_name NOT IN ('sleep_ms', 'pg_sleep') ORDER BY ALL""")) {
            while (functions.next()) {
                String name = Query.identifier(functions.getString(1));
                boolean isTable = functions.getString(2).startsWith("table");
                String types = functions.getString(3);
                for (int i = 0; i < each; i++) {
                    List<String> arguments = new ArrayList<>();
                    if (types != null && !types.isEmpty()) {
                        Arrays.stream(types.split(";")).forEach(type -> arguments.add(value(type, random)));
                    }
                    for (int more = functions.getString(4) == null ? 0 : random.nextInt(4); more > 0; more--) {
                        arguments.add(value(functions.getString(4), random));
                    }
                    String call = name + "(" + String.join(", ", arguments) + ")";
                    statements.add(isTable ? "FROM " + call : "SELECT " + call + " AS x FROM events");
                }
            }
        } finally {
            cage.giveBack(cell);
        }
        Collections.shuffle(statements, random);
        return statements;
    }

    private String value(String type, Random random) {
        if (random.nextInt(15) == 0) {
            return "NULL";
        }
        if (type.contains("LAMBDA")) {
            return one(LAMBDAS, random);
        }
        if (type.endsWith("]")) {
            return one(LISTS, random);
        }
        if (type.matches("VARCHAR|JSON")) {
            return one(texts, random);
        }
        if (type.matches("U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*")) {
            return one(NUMBERS, random);
        }
        if (type.matches("DATE|TIME.*|INTERVAL")) {
            return one(TIMES, random) + (type.equals("INTERVAL") ? "" : "::" + type);
        }
        return one(one(List.of(texts, NUMBERS, LISTS, TIMES, OTHERS), random), random);
    }

    private static <T> T one(List<T> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }

    private Settings settings() {
        return TestSettings.over(
                root.resolve("dataset"), Map.of("duckdb.temp-folder", root.toString(), "duckdb.memory-limit", "256MB"));
    }
}
