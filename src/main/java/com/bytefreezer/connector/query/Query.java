package com.bytefreezer.connector.query;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.Json;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.lake.LakeObject.Slice;
import com.bytefreezer.connector.query.SqlException.Position;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's SQL: one SELECT over the table {@code events}, parsed by DuckDB itself. Immutable.
 *
 * <p>{@code read_parquet('PARQUET_PATH', …)} in all its spellings becomes {@code events}; the objects are put in as a
 * common table expression, never into the user's text.
 */
public final class Query {
    private static final ObjectMapper JSON = Json.mapper();
    /** The column of a bundle's result with the number of the record's object; one of DuckDB's virtual columns. */
    static final String OBJECT_NUMBER = "file_index";

    private static final String PLACEHOLDER = "PARQUET_PATH";
    private static final Set<String> READERS = Set.of("read_parquet", "parquet_scan");
    /** Options of read_parquet that the connector sets itself. */
    private static final Set<String> OWN_OPTIONS =
            Set.of("hive_partitioning", "hive_types", "hive_types_autocast", "union_by_name");
    /** Columns that read_parquet has only when they are asked for. */
    static final Set<String> VIRTUAL_COLUMNS = Set.of("filename", "file_row_number");
    /** What DuckDB puts before the message of an error that it finds when it runs the statement. */
    private static final String NOISE =
            "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result Error: ";

    private final String text;
    private final JsonNode tree;
    /** Made for this query, so that no text of the user is taken for it. */
    private final String mark;

    private final String sql;
    private final @Nullable String bundleSql;
    private final Set<String> virtualColumns;
    private final boolean repeatable;

    private Query(
            String text,
            JsonNode tree,
            String mark,
            String sql,
            @Nullable String bundleSql,
            Set<String> virtualColumns,
            boolean repeatable) {
        this.text = text;
        this.tree = tree;
        this.mark = mark;
        this.sql = sql;
        this.bundleSql = bundleSql;
        this.virtualColumns = virtualColumns;
        this.repeatable = repeatable;
    }

    /**
     * Parses {@code text} without touching any data.
     *
     * @param connection to any DuckDB
     * @throws ConnectorException with DuckDB's message and the position, when it is not exactly one SELECT
     */
    public static Query parse(String text, Connection connection) {
        try {
            JsonNode document = JSON.readTree(single(connection, "SELECT json_serialize_sql(?::VARCHAR)", text));
            if (document.path("error").asBoolean()) {
                throw syntaxError(text, document);
            }
            JsonNode statements = document.path("statements");
            if (statements.size() != 1) {
                throw new ConnectorException(
                        "SQL: %d statements where exactly one SELECT is expected. Nothing was exported."
                                .formatted(statements.size()));
            }
            String events = nodes(document, node -> node.path("key").asText().equalsIgnoreCase("events"))
                            .findAny()
                            .isPresent()
                    ? "events_of_the_lake"
                    : "events";
            Set<String> virtualColumns = new TreeSet<>();
            JsonNode replaced = replacePlaceholders(document, events, virtualColumns);
            Optional<Allowed.Refusal> refusal = Allowed.refusal(replaced, events);
            if (refusal.isPresent()) {
                throw refused(text, refusal.get());
            }
            String mark = UUID.randomUUID().toString();
            addEvents(replaced, events, scanMark(mark), connection);
            String sql = text(replaced, connection);
            String bundleSql = virtualColumns.isEmpty() && takesRowsOnlyFrom(events, replaced)
                    ? bundled(replaced, bundleMark(mark), connection)
                    : null;
            return new Query(text, document, mark, sql, bundleSql, virtualColumns, isRepeatable(document, connection));
        } catch (SQLException | JsonProcessingException e) {
            throw new ConnectorException("SQL: %s Nothing was exported.".formatted(sentence(firstLine(e))), e);
        }
    }

    /**
     * Whether the same object always gives the same records: no function like {@code now()} or {@code random()} is
     * used. Otherwise delivery cannot be resumed in the middle of an object.
     */
    public boolean isRepeatable() {
        return repeatable;
    }

    /**
     * The query over these objects, as one SELECT.
     *
     * @param absentColumns those that the objects lack, with the expressions that take their place
     */
    String over(List<LakeObject> objects, Map<String, String> absentColumns) {
        String absent = absentColumns.entrySet().stream()
                .map(column -> ", %s AS %s".formatted(column.getValue(), identifier(column.getKey())))
                .collect(Collectors.joining());
        String virtual = virtualColumns.stream().map(name -> ", " + name).collect(Collectors.joining());
        return sql.replace(scanMark(mark), scan(objects, virtual + absent));
    }

    /** Whether the query can be run over several objects at once and still tell of which one a row is. */
    public boolean canBundle() {
        return bundleSql != null;
    }

    /**
     * The query over objects of one partition that have the same columns. Its last column is {@link #OBJECT_NUMBER}: the
     * position of the row's object among them.
     */
    String overBundle(List<LakeObject> objects) {
        if (bundleSql == null) {
            throw new IllegalStateException("not to be bundled: " + text);
        }
        return bundleSql.replace(
                bundleMark(mark), readParquet(objects.get(0).partition().keySet(), objects, false));
    }

    /** Stands for the scan of the objects in the prepared SQL. */
    private static String scanMark(String mark) {
        return "SELECT '%s'".formatted(mark);
    }

    /** Stands for the objects of a bundle. */
    private static String bundleMark(String mark) {
        return "read_parquet('%s')".formatted(mark);
    }

    /** The rows of these objects as they are, without the user's query. */
    static String scan(List<LakeObject> objects) {
        return scan(objects, "");
    }

    private static String scan(List<LakeObject> objects, String furtherColumns) {
        return byPartitionNames(objects).entrySet().stream()
                .map(group -> "SELECT *%s FROM %s"
                        .formatted(furtherColumns, readParquet(group.getKey(), group.getValue(), true)))
                .collect(Collectors.joining(" UNION ALL BY NAME "));
    }

    /** Where in the user's text the name stands that DuckDB complains of. */
    Optional<Position> positionOf(String name) {
        return nodes(tree, node -> {
                    String kind = node.path("class").asText();
                    return (kind.equals("COLUMN_REF") && lastName(node).equalsIgnoreCase(name))
                            || (kind.equals("FUNCTION")
                                    && node.path("function_name").asText().equalsIgnoreCase(name))
                            || node.path("table_name").asText().equalsIgnoreCase(name);
                })
                .map(node -> node.path("query_location").asLong(-1))
                .filter(location -> location >= 0)
                .findFirst()
                .map(location -> position(text, charactersIn(text, location.intValue())));
    }

    /** DuckDB gives places in the tree in bytes, those of syntax errors in characters. */
    private static int charactersIn(String text, int bytes) {
        byte[] all = text.getBytes(StandardCharsets.UTF_8);
        return new String(all, 0, Math.min(bytes, all.length), StandardCharsets.UTF_8).length();
    }

    /** {@code name} as it stands in SQL. */
    public static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    /** DuckDB's message in one line, without the part of the statement that it shows. */
    public static String firstLine(Throwable e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.lines()
                .map(String::strip)
                .takeWhile(line -> !line.startsWith("LINE ") && !line.startsWith("Stack Trace:"))
                .filter(line -> !line.isEmpty())
                // Of a refused request it says all but the first line twice.
                .distinct()
                .collect(Collectors.joining(" "))
                .replace(NOISE, "");
    }

    static String sentence(String text) {
        return text.matches("(?s).*[.!?]") ? text : text + ".";
    }

    /**
     * Objects of different partition depth cannot be read by one read_parquet with hive partitioning (CONTRACTS §2.2).
     */
    private static Map<Set<String>, List<LakeObject>> byPartitionNames(List<LakeObject> objects) {
        return objects.stream()
                .collect(Collectors.groupingBy(
                        object -> object.partition().keySet(), LinkedHashMap::new, Collectors.toList()));
    }

    /** @param byName whether the objects may have different columns, which costs a look at each of them before */
    private static String readParquet(Set<String> partitionNames, List<LakeObject> objects, boolean byName) {
        if (partitionNames.isEmpty()) {
            return "read_parquet(%s, hive_partitioning=false, union_by_name=%s)".formatted(files(objects), byName)
                    + rows(objects);
        }
        // Left to itself DuckDB makes hour a VARCHAR as soon as one value is 01 (CONTRACTS §0.7).
        String types = partitionNames.stream()
                .map(name -> identifier(name) + ": "
                        + (objects.stream().allMatch(object -> String.valueOf(
                                                object.partition().get(name))
                                        .matches("\\d{1,9}"))
                                ? "INTEGER"
                                : "VARCHAR"))
                .collect(Collectors.joining(", "));
        return "read_parquet(%s, hive_partitioning=true, hive_types={%s}, union_by_name=%s)"
                        .formatted(files(objects), types, byName)
                + rows(objects);
    }

    /** The list of these objects, as table functions take it. */
    static String files(List<LakeObject> objects) {
        return objects.stream()
                .map(object -> JsonRendering.literal(withoutWildcards(object.url())))
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** A slice is a unit by itself; DuckDB skips the row groups that lie outside of it. */
    private static String rows(List<LakeObject> objects) {
        Slice slice = objects.get(0).slice();
        return slice == null
                ? ""
                : " WHERE file_row_number >= %d AND file_row_number < %d".formatted(slice.from(), slice.to());
    }

    /** DuckDB takes the name of every file for a pattern; {@code [*]} matches just the asterisk. Not so in a bucket. */
    private static String withoutWildcards(String url) {
        return url.startsWith("s3://") ? url : url.replaceAll("[*?\\[]", "[$0]");
    }

    private static JsonNode replacePlaceholders(JsonNode node, String events, Set<String> virtualColumns) {
        if (node.isArray()) {
            ArrayNode copy = JSON.createArrayNode();
            node.forEach(item -> copy.add(replacePlaceholders(item, events, virtualColumns)));
            return copy;
        }
        if (!node.isObject()) {
            return node;
        }
        if (isPlaceholder(node)) {
            readOptions(node.path("function").path("children"), virtualColumns);
            return table(node, events);
        }
        ObjectNode copy = JSON.createObjectNode();
        node.properties()
                .forEach(field ->
                        copy.set(field.getKey(), replacePlaceholders(field.getValue(), events, virtualColumns)));
        return copy;
    }

    private static ConnectorException refused(String text, Allowed.Refusal refusal) {
        String message = refusal.what() + ". Nothing was exported. Select from events.";
        long location = refusal.node().path("query_location").asLong(-1);
        return location < 0
                ? new ConnectorException("SQL: " + message)
                : new SqlException(position(text, charactersIn(text, (int) location)), message, null);
    }

    /** Puts the table events before the user's own common table expressions. */
    private static void addEvents(JsonNode document, String events, String scan, Connection connection)
            throws SQLException, JsonProcessingException {
        JsonNode example = JSON.readTree(single(
                connection,
                "SELECT json_serialize_sql(?::VARCHAR)",
                "WITH %s AS NOT MATERIALIZED (%s) SELECT 1".formatted(events, scan)));
        JsonNode entry = example.at("/statements/0/node/cte_map/map/0");
        ((ArrayNode) document.at("/statements/0/node/cte_map/map")).insert(0, entry);
    }

    /** Whether rows come straight from the objects, and nothing but the columns of a row is asked for. */
    private static boolean takesRowsOnlyFrom(String events, JsonNode document) {
        JsonNode from = document.at("/statements/0/node/from_table");
        String alias = from.path("alias").asText().isEmpty()
                ? events
                : from.path("alias").asText();
        return from.path("type").asText().equals("BASE_TABLE")
                && from.path("table_name").asText().equalsIgnoreCase(events)
                && from.path("schema_name").asText().isEmpty()
                && from.path("sample").isNull()
                && from.path("column_name_alias").isEmpty()
                // The name of the table alone is the whole row; a virtual column would be the bundle's.
                && nodes(document, node -> node.path("class").asText().equals("COLUMN_REF"))
                        .map(node -> lastName(node).toLowerCase(Locale.ROOT))
                        .noneMatch(name -> name.equalsIgnoreCase(alias)
                                || VIRTUAL_COLUMNS.contains(name)
                                || name.equals(OBJECT_NUMBER));
    }

    /**
     * The query with the objects in place of the table events: only there are virtual columns to be had that {@code *}
     * does not give.
     */
    private static String bundled(JsonNode document, String objects, Connection connection)
            throws SQLException, JsonProcessingException {
        JsonNode bundle = JSON.readTree(single(
                connection,
                "SELECT json_serialize_sql(?::VARCHAR)",
                "SELECT %s FROM %s AS events".formatted(OBJECT_NUMBER, objects)));
        JsonNode copy = document.deepCopy();
        ObjectNode select = (ObjectNode) copy.at("/statements/0/node");
        JsonNode alias = select.at("/from_table/alias");
        ((ArrayNode) select.path("select_list")).add(bundle.at("/statements/0/node/select_list/0"));
        select.set("from_table", bundle.at("/statements/0/node/from_table"));
        if (!alias.asText().isEmpty()) {
            ((ObjectNode) select.path("from_table")).set("alias", alias);
        }
        return text(copy, connection);
    }

    private static String text(JsonNode document, Connection connection) throws SQLException, JsonProcessingException {
        return single(connection, "SELECT json_deserialize_sql(?::JSON)", JSON.writeValueAsString(document));
    }

    private static boolean isPlaceholder(JsonNode node) {
        if (node.path("type").asText().equals("BASE_TABLE")) {
            return node.path("table_name").asText().equals(PLACEHOLDER);
        }
        JsonNode function = node.path("function");
        return node.path("type").asText().equals("TABLE_FUNCTION")
                && READERS.contains(function.path("function_name").asText().toLowerCase(Locale.ROOT))
                && function.path("children")
                        .path(0)
                        .path("value")
                        .path("value")
                        .asText()
                        .equals(PLACEHOLDER);
    }

    private static void readOptions(JsonNode arguments, Set<String> virtualColumns) {
        for (int i = 1; i < arguments.size(); i++) {
            JsonNode left = arguments.path(i).path("left");
            String name = lastName(left).toLowerCase(Locale.ROOT);
            if (VIRTUAL_COLUMNS.contains(name)) {
                if (!arguments.path(i).findValuesAsText("value").contains("f")) {
                    virtualColumns.add(name);
                }
            } else if (!OWN_OPTIONS.contains(name)) {
                throw new ConnectorException(
                        "SQL: the option \"%s\" of read_parquet cannot be set here. Nothing was exported. Leave it out."
                                .formatted(name));
            }
        }
    }

    private static ObjectNode table(JsonNode node, String name) {
        ObjectNode table = JSON.createObjectNode();
        table.put("type", "BASE_TABLE");
        table.set("alias", node.path("alias"));
        table.set("sample", node.path("sample"));
        table.set("query_location", node.path("query_location"));
        table.put("schema_name", "");
        table.put("table_name", name);
        table.set("column_name_alias", node.path("column_name_alias"));
        table.put("catalog_name", "");
        table.putNull("at_clause");
        return table;
    }

    private static boolean isRepeatable(JsonNode document, Connection connection) throws SQLException {
        String names = nodes(document, node -> node.path("class").asText().equals("FUNCTION"))
                .map(node -> JsonRendering.literal(
                        node.path("function_name").asText().toLowerCase(Locale.ROOT)))
                .distinct()
                .collect(Collectors.joining(", "));
        // current_timestamp and its like are parsed as column names.
        boolean namesTheTime = nodes(
                        document, node -> node.path("class").asText().equals("COLUMN_REF"))
                .anyMatch(node -> lastName(node).toLowerCase(Locale.ROOT).matches("current_(date|time|timestamp)"));
        if (names.isEmpty() || namesTheTime) {
            return !namesTheTime;
        }
        return single(
                        connection,
                        "SELECT count(*) FROM duckdb_functions() WHERE stability <> 'CONSISTENT' AND function_name IN (%s)"
                                .formatted(names),
                        null)
                .equals("0");
    }

    private static String lastName(JsonNode columnReference) {
        JsonNode names = columnReference.path("column_names");
        return names.path(names.size() - 1).asText();
    }

    private static Stream<JsonNode> nodes(JsonNode root, Predicate<JsonNode> wanted) {
        Stream<JsonNode> below =
                Stream.iterate(root.elements(), it -> it.hasNext(), it -> it).map(it -> it.next()).toList().stream()
                        .flatMap(child -> nodes(child, wanted));
        return Stream.concat(Stream.of(root).filter(wanted), below);
    }

    private static ConnectorException syntaxError(String text, JsonNode document) {
        if (document.path("error_type").asText().equals("not implemented")) {
            return new ConnectorException(
                    "SQL: only a SELECT can be exported, and this is something else. Nothing was exported.");
        }
        String message = sentence(document.path("error_message").asText()) + " Nothing was exported.";
        return document.has("position")
                ? new SqlException(position(text, document.path("position").asInt()), message, null)
                : new ConnectorException("SQL: " + message);
    }

    private static Position position(String text, int offset) {
        String before = text.substring(0, Math.min(offset, text.length()));
        int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
        int column = before.length() - (before.lastIndexOf('\n') + 1) + 1;
        return new Position(line, column);
    }

    private static String single(Connection connection, String sql, @Nullable String parameter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            if (parameter != null) {
                statement.setString(1, parameter);
            }
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }
}
