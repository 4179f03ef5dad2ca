package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.bytefreezer.connector.problem.ConnectorException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Files of others: {@code mvn test -Psoak -Dcorpus=FOLDER -Dtest=SweepTest}. Each is read as an object of its own: what
 * DuckDB can read gives as many records, each a line of JSON with the values that pyarrow reads; anything else one line that
 * says why.
 */
@Tag("soak")
class SweepTest {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    /** pyarrow has times of day without a zone. */
    private static final Pattern IN_UTC = Pattern.compile("(\\d\\d:\\d\\d:\\d\\d.*)[+]00");

    private static final Pattern GEOMETRY = Pattern.compile("(MULTI)?(POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION");

    private final List<String> wrong = new ArrayList<>();
    private int read;
    private int compared;
    private int unreadable;
    private int onlyByPyarrow;

    @Test
    void everyFileIsReadOrSaysWhyNot() throws Exception {
        String corpus = System.getProperty("corpus", "");
        assumeThat(corpus).as("no corpus: -Dcorpus=FOLDER").isNotEmpty();
        Path root = Path.of(corpus).toAbsolutePath();
        var pyarrow = new ProcessBuilder(
                        "python3",
                        Path.of(getClass().getResource("/values-of-pyarrow.py").toURI())
                                .toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (Stream<Path> files = Files.walk(root);
                var connection = DriverManager.getConnection("jdbc:duckdb:");
                Writer paths = pyarrow.outputWriter(StandardCharsets.UTF_8);
                BufferedReader values = pyarrow.inputReader(StandardCharsets.UTF_8)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".parquet"))
                    .sorted()
                    .toList()) {
                paths.write(file + "\n");
                paths.flush();
                check(root, file, connection, String.valueOf(values.readLine()));
            }
        } finally {
            pyarrow.destroy();
        }
        System.err.printf(
                "%s: %d files read, of which %d compared with pyarrow; %d cannot be read, of which pyarrow reads %d; %d differences%n",
                corpus, read, compared, unreadable, onlyByPyarrow, wrong.size());
        assertThat(read + unreadable).as("files in %s", corpus).isPositive();
        assertThat(wrong).isEmpty();
    }

    private void check(Path root, Path file, Connection connection, String theirs) throws Exception {
        String key = root.relativize(file).toString();
        boolean isTheirs = theirs.startsWith("{");
        try (var dataset = new LocalDataset(root)) {
            List<String> records = dataset.exported("SELECT * FROM events", List.of(dataset.add(key)));
            read++;
            long rows = rows(connection, file);
            if (records.size() != rows) {
                wrong.add("%s: %d records of %d".formatted(key, records.size(), rows));
            }
            List<JsonNode> parsed = new ArrayList<>();
            for (String record : records) {
                parsed.add(JSON.readTree(record));
                if (record.indexOf('\n') >= 0 || !parsed.get(parsed.size() - 1).isObject()) {
                    wrong.add("%s: %s is no line of JSON".formatted(key, record));
                }
            }
            if (isTheirs) {
                compared++;
                compare(key, parsed, JSON.readTree(theirs));
            }
        } catch (ConnectorException | SQLException e) {
            unreadable++;
            String message = e instanceof SQLException sql
                    ? String.valueOf(DuckDbException.of(sql).getMessage())
                    : e.getMessage();
            onlyByPyarrow += isTheirs ? 1 : 0;
            if (message.isBlank() || message.lines().count() > 1) {
                wrong.add("%s: %s".formatted(key, message));
            }
            System.err.printf("%s%s: %s%n", isTheirs ? "pyarrow reads " : "", key, message);
        }
    }

    private void compare(String key, List<JsonNode> ours, JsonNode theirs) {
        JsonNode names = theirs.path("names");
        for (int i = 0; i < theirs.path("records").size() && i < ours.size(); i++) {
            List<JsonNode> values = new ArrayList<>();
            ours.get(i).forEach(values::add);
            if (values.size() != names.size()) {
                wrong.add("%s: %d columns of %d".formatted(key, values.size(), names.size()));
                return;
            }
            for (int column = 0; column < values.size(); column++) {
                JsonNode wanted = theirs.path("records").path(i).path(column);
                if (!isSame(values.get(column), wanted)) {
                    wrong.add("%s: record %d, %s is %s, in pyarrow %s"
                            .formatted(
                                    key,
                                    i,
                                    names.path(column).asText(),
                                    cut(values.get(column).toString()),
                                    cut(wanted.toString())));
                    return;
                }
            }
        }
    }

    private static String cut(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }

    private static boolean isSame(JsonNode ours, JsonNode theirs) {
        if (theirs.isObject() && theirs.size() == 1 && theirs.path("number").isTextual()) {
            return ours.isNumber()
                    && new BigDecimal(ours.asText())
                                    .compareTo(
                                            new BigDecimal(theirs.path("number").asText()))
                            == 0;
        }
        if (ours.isNumber() && theirs.isNumber()) {
            return ours.decimalValue().compareTo(theirs.decimalValue()) == 0
                    || ours.doubleValue() == theirs.doubleValue()
                    || ours.floatValue() == theirs.floatValue();
        }
        if (ours.isArray() && theirs.isArray() && ours.size() == theirs.size()) {
            for (int i = 0; i < ours.size(); i++) {
                if (!isSame(ours.path(i), theirs.path(i))) {
                    return false;
                }
            }
            return true;
        }
        boolean haveSameMembers = ours.isObject()
                && theirs.isObject()
                && ours.size() == theirs.size()
                && theirs.properties().stream().allMatch(field -> isSame(ours.path(field.getKey()), field.getValue()));
        return haveSameMembers || ours.equals(theirs) || isShownOtherwise(ours, theirs);
    }

    /** What pyarrow has as bytes or parts, or cannot count. */
    private static boolean isShownOtherwise(JsonNode ours, JsonNode theirs) {
        if (theirs.has("metadata") && (theirs.has("value") || theirs.has("typed_value"))) {
            // A VARIANT.
            return true;
        }
        if (!theirs.isTextual()) {
            return false;
        }
        String text = theirs.asText();
        if (!ours.isTextual()) {
            // JSON.
            return isJson(text, ours);
        }
        var utc = IN_UTC.matcher(ours.asText());
        return (utc.matches() && utc.group(1).equals(text))
                || GEOMETRY.matcher(ours.asText()).lookingAt()
                || isJson(text, ours)
                || isBytes(text, ours.asText())
                // Its nanoseconds end in 2262, those of INT96 do not.
                || (!isCounted(ours.asText()) && text.length() > 25);
    }

    private static boolean isJson(String text, JsonNode ours) {
        try {
            return JSON.readTree(text).equals(ours);
        } catch (IOException e) {
            return false;
        }
    }

    /** A UUID, or a text or ENUM that the file does not call so. */
    private static boolean isBytes(String base64, String ours) {
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            return HexFormat.of().formatHex(bytes).equals(ours.replace("-", ""))
                    || new String(bytes, StandardCharsets.UTF_8).equals(ours);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isCounted(String timestamp) {
        return timestamp.compareTo("1677-09-22") > 0 && timestamp.compareTo("2262-04-11") < 0;
    }

    private static long rows(Connection connection, Path file) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT count(*) FROM read_parquet(?)")) {
            statement.setString(1, file.toString().replaceAll("[*?\\[]", "[$0]"));
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
