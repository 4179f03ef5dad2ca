package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.SqlException.Position;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
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
    private static final String PLACEHOLDER = "PARQUET_PATH";
    private static final Set<String> READERS = Set.of("read_parquet", "parquet_scan");
    /** Options of read_parquet that the connector sets itself. */
    static final Set<String> OWN_OPTIONS =
            Set.of("hive_partitioning", "hive_types", "hive_types_autocast", "union_by_name");
    /** Columns that read_parquet has only when they are asked for. */
    static final Set<String> VIRTUAL_COLUMNS = Set.of("filename", "file_row_number");
    /** DuckDB's own, that a scan has beside them. */
    private static final String FILE_INDEX = "file_index";

    private final String text;
    private final JsonNode tree;
    /** Made for this query, so that no text of the user or of the data is taken for it. */
    private final String mark;

    private final String sql;
    private final @Nullable String bundleSql;
    private final Map<String, String> virtualColumns;
    private final boolean repeatable;
    private final Use use;

    private Query(
            String text,
            JsonNode tree,
            String mark,
            String sql,
            @Nullable String bundleSql,
            Map<String, String> virtualColumns,
            boolean repeatable,
            Use use) {
        this.text = text;
        this.tree = tree;
        this.mark = mark;
        this.sql = sql;
        this.bundleSql = bundleSql;
        this.virtualColumns = virtualColumns;
        this.repeatable = repeatable;
        this.use = use;
    }

    /**
     * Parses {@code text} without touching any data.
     *
     * @param connection to any DuckDB
     * @throws ConnectorException with DuckDB's message and the position, when it is not exactly one SELECT
     */
    public static Query parse(String text, Connection connection) {
        try {
            SqlTree sqlTree = new SqlTree(connection);
            JsonNode document = sqlTree.parse(text);
            if (document.path("error").asBoolean()) {
                throw syntaxError(text, document);
            }
            JsonNode statements = document.path("statements");
            if (statements.size() != 1) {
                throw wrong("%d statements where exactly one SELECT is expected.".formatted(statements.size()), "");
            }
            String events =
                    SqlTree.nodes(document, node -> node.path("key").asText().equalsIgnoreCase("events"))
                                    .findAny()
                                    .isPresent()
                            ? "events_of_the_lake"
                            : "events";
            Map<String, String> virtualColumns = new LinkedHashMap<>();
            JsonNode replaced = replacePlaceholders(document, events, virtualColumns);
            Optional<Allowed.Refusal> refusal = Allowed.refusal(replaced, events);
            if (refusal.isPresent()) {
                throw refused(text, refusal.get());
            }
            Use use = use(replaced);
            String mark = UUID.randomUUID().toString();
            addEvents(replaced, events, scanMark(mark), sqlTree);
            String sql = sqlTree.text(replaced);
            String bundleSql = virtualColumns.isEmpty() && takesRowsOnlyFrom(events, replaced)
                    ? bundled(replaced, mark, sqlTree)
                    : null;
            return new Query(
                    text, document, mark, sql, bundleSql, virtualColumns, isRepeatable(document, sqlTree), use);
        } catch (SQLException e) {
            throw wrong(DuckDbException.of(e).sentence(), "", e);
        } catch (JsonProcessingException e) {
            throw wrong("its tree cannot be read (%s).".formatted(e.getOriginalMessage()), "Make it simpler.", e);
        }
    }

    /**
     * Whether the same object always gives the same records: no function like {@code now()} or {@code random()} is
     * used. Otherwise delivery cannot be resumed in the middle of an object.
     */
    public boolean isRepeatable() {
        return repeatable;
    }

    Use use() {
        return use;
    }

    private static Use use(JsonNode document) {
        if (!SqlTree.nodes(document, node -> true).allMatch(Query::keepsValues)) {
            return Use.WORK;
        }
        JsonNode select = document.at("/statements/0/node");
        boolean takesEachRow = select.at("/from_table/type").asText().equals("BASE_TABLE")
                && select.path("modifiers").isEmpty()
                && Stream.of("where_clause", "having", "sample", "qualify")
                        .allMatch(clause -> select.path(clause).isNull())
                && SqlTree.nodes(document, node -> node.path("type").asText().equals("SELECT_NODE"))
                                .count()
                        == 1;
        return takesEachRow ? Use.GIVE : Use.COMPARE;
    }

    /** A comparison with a text makes a value of the text. */
    private static boolean keepsValues(JsonNode node) {
        String type = node.path("type").asText();
        return switch (node.path("class").asText()) {
            case "" -> !type.equals("SET_OPERATION_NODE") && !type.equals("RECURSIVE_CTE_NODE");
            case "COLUMN_REF", "CONSTANT", "STAR", "COMPARISON", "CONJUNCTION", "BETWEEN" -> true;
            case "OPERATOR" ->
                Set.of("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_NOT")
                        .contains(type);
            default -> false;
        };
    }

    /** The same for every text that means the same to DuckDB's parser, whatever its blanks, comments and letter case of keywords. */
    public String meaning() {
        JsonNode bare = tree.deepCopy();
        bare.findParents("query_location").forEach(node -> ((ObjectNode) node).remove("query_location"));
        return bare.path("statements").toString();
    }

    /** The query over what {@code scan}, a SELECT, gives. */
    String over(String scan) {
        return sql.replace(scanMark(mark), scan);
    }

    /** As the user wrote it: exactly one SELECT, and one that may be run. */
    String text() {
        return text;
    }

    /** Whether the query can be run over several objects at once and still tell of which one a row is. */
    public boolean canBundle() {
        return bundleSql != null;
    }

    /**
     * As {@link #over}, where {@code scan} has a further column {@link #objectNumber}: so has the result, at least as its
     * last one.
     */
    String overBundle(String scan) {
        if (bundleSql == null) {
            throw new IllegalStateException("not to be bundled: " + text);
        }
        return bundleSql.replace(scanMark(mark), scan);
    }

    /** The name of the column of a bundle with the position of the row's object. */
    String objectNumber() {
        return mark;
    }

    /** Columns that the query wants beside those of the data, with the virtual ones of read_parquet that they are. */
    Map<String, String> virtualColumns() {
        return virtualColumns;
    }

    private static String scanMark(String mark) {
        return "SELECT '" + mark + "'";
    }

    /** Where in the user's text the name stands that DuckDB complains of. */
    Optional<Position> positionOf(String name) {
        return SqlTree.nodes(tree, node -> {
                    String kind = node.path("class").asText();
                    return (kind.equals("COLUMN_REF") && SqlTree.lastName(node).equalsIgnoreCase(name))
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

    private static JsonNode replacePlaceholders(JsonNode node, String events, Map<String, String> virtualColumns) {
        if (isPlaceholder(node)) {
            readOptions(node.path("function").path("children"), virtualColumns);
            return table(node, events);
        }
        if (isReadOtherwise(node)) {
            return typed(node);
        }
        return SqlTree.withChildren(node, child -> replacePlaceholders(child, events, virtualColumns));
    }

    private static ConnectorException refused(String text, Allowed.Refusal refusal) {
        String what = refusal.what() + ".";
        String remedy = "Select from events.";
        long location = refusal.node().path("query_location").asLong(-1);
        return location < 0
                ? wrong(what, remedy)
                : new SqlException(position(text, charactersIn(text, (int) location)), what, remedy);
    }

    /** Puts the table events before the user's own common table expressions. */
    private static void addEvents(JsonNode document, String events, String scan, SqlTree sqlTree)
            throws SQLException, JsonProcessingException {
        JsonNode example = sqlTree.parse("WITH %s AS NOT MATERIALIZED (%s) SELECT 1".formatted(events, scan));
        JsonNode entry = example.at("/statements/0/node/cte_map/map/0");
        ((ArrayNode) document.at("/statements/0/node/cte_map/map")).insert(0, entry);
    }

    /** Whether rows come straight from the objects, and nothing but the columns of a row is asked for. */
    private static boolean takesRowsOnlyFrom(String events, JsonNode document) {
        JsonNode select = document.at("/statements/0/node");
        JsonNode from = select.path("from_table");
        String alias = from.path("alias").asText().isEmpty()
                ? events
                : from.path("alias").asText();
        return from.path("type").asText().equals("BASE_TABLE")
                && from.path("table_name").asText().equalsIgnoreCase(events)
                && from.path("schema_name").asText().isEmpty()
                && from.path("sample").isNull()
                && from.path("column_name_alias").isEmpty()
                // Elsewhere than in the select list the number of the object would be among the columns.
                && SqlTree.nodes(document, Query::isStar).count()
                        == SqlTree.children(select.path("select_list"))
                                .filter(Query::isStar)
                                .count()
                // The name of the table alone is the whole row; a virtual column would be the bundle's.
                && SqlTree.nodes(document, node -> SqlTree.isOf(node, "COLUMN_REF"))
                        .map(node -> SqlTree.lastName(node).toLowerCase(Locale.ROOT))
                        .noneMatch(name -> name.equalsIgnoreCase(alias)
                                || VIRTUAL_COLUMNS.contains(name)
                                || name.equals(FILE_INDEX));
    }

    private static boolean isStar(JsonNode node) {
        return SqlTree.isOf(node, "STAR");
    }

    /** The query with one more column: the position of the row's object. */
    private static String bundled(JsonNode document, String mark, SqlTree sqlTree)
            throws SQLException, JsonProcessingException {
        JsonNode example = sqlTree.parse("SELECT " + identifier(mark));
        JsonNode copy = document.deepCopy();
        ((ArrayNode) copy.at("/statements/0/node/select_list")).add(example.at("/statements/0/node/select_list/0"));
        return sqlTree.text(copy);
    }

    private static boolean isPlaceholder(JsonNode node) {
        if (node.path("type").asText().equals("BASE_TABLE")) {
            return node.path("table_name").asText().equals(PLACEHOLDER);
        }
        JsonNode function = node.path("function");
        JsonNode path = function.path("children").path(0);
        JsonNode only = path.path("function_name").asText().equals("list_value")
                        && path.path("children").size() == 1
                ? path.path("children").path(0)
                : path;
        return node.path("type").asText().equals("TABLE_FUNCTION")
                && READERS.contains(function.path("function_name").asText().toLowerCase(Locale.ROOT))
                && only.path("value").path("value").asText().equals(PLACEHOLDER);
    }

    /** Options are written {@code name = value}, {@code name := value} or {@code name => value}. */
    private static void readOptions(JsonNode arguments, Map<String, String> virtualColumns) {
        for (int i = 1; i < arguments.size(); i++) {
            JsonNode argument = arguments.path(i);
            boolean compared = argument.path("type").asText().equals("COMPARE_EQUAL");
            String name = (compared
                            ? SqlTree.lastName(argument.path("left"))
                            : argument.path("alias").asText())
                    .toLowerCase(Locale.ROOT);
            if (VIRTUAL_COLUMNS.contains(name)) {
                addVirtualColumn(name, compared ? argument.path("right") : argument, virtualColumns);
            } else if (!OWN_OPTIONS.contains(name)) {
                throw wrong("the option \"%s\" of read_parquet cannot be set here.".formatted(name), "Leave it out.");
            }
        }
    }

    /** {@code true}, or for the path also the name that it is to have. */
    private static void addVirtualColumn(String option, JsonNode value, Map<String, String> virtualColumns) {
        boolean isTruth = value.path("class").asText().equals("CAST");
        String text = value.path("value").path("value").asText();
        if (isTruth
                ? value.at("/child/value/value").asText().equals("t")
                : text.isEmpty() || text.equalsIgnoreCase("true")) {
            virtualColumns.put(option, option);
        } else if (!isTruth && option.equals("filename") && !text.equalsIgnoreCase("false")) {
            virtualColumns.put(text, option);
        }
    }

    /** Whether DuckDB would write a constant so that it is read as one of another type: 1e0 as 1.0, and 5. as 5. */
    private static boolean isReadOtherwise(JsonNode node) {
        JsonNode type = node.at("/value/type");
        return node.path("class").asText().equals("CONSTANT")
                && !node.at("/value/is_null").asBoolean()
                && (type.path("id").asText().equals("DOUBLE")
                        || (type.path("id").asText().equals("DECIMAL")
                                && type.at("/type_info/scale").asInt() == 0));
    }

    private static JsonNode typed(JsonNode constant) {
        ObjectNode text = constant.deepCopy();
        ObjectNode value = (ObjectNode) text.path("value");
        value.put("value", value.path("value").asText());
        ((ObjectNode) value.path("type")).put("id", "VARCHAR").putNull("type_info");
        ObjectNode cast = JSON.createObjectNode();
        cast.put("class", "CAST");
        cast.put("type", "OPERATOR_CAST");
        cast.set("alias", constant.path("alias"));
        cast.set("query_location", constant.path("query_location"));
        cast.set("child", text.put("alias", ""));
        cast.set("cast_type", constant.at("/value/type"));
        cast.put("try_cast", false);
        return cast;
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

    private static boolean isRepeatable(JsonNode document, SqlTree sqlTree) throws SQLException {
        String names = SqlTree.nodes(document, node -> SqlTree.isOf(node, "FUNCTION"))
                .map(node -> JsonRendering.literal(
                        node.path("function_name").asText().toLowerCase(Locale.ROOT)))
                .distinct()
                .collect(Collectors.joining(", "));
        // current_timestamp and its like are parsed as column names.
        boolean namesTheTime = SqlTree.nodes(document, node -> SqlTree.isOf(node, "COLUMN_REF"))
                .anyMatch(node ->
                        SqlTree.lastName(node).toLowerCase(Locale.ROOT).matches("current_(date|time|timestamp)"));
        if (names.isEmpty() || namesTheTime) {
            return !namesTheTime;
        }
        return sqlTree.value(
                        "SELECT count(*) FROM duckdb_functions() WHERE stability <> 'CONSISTENT' AND function_name IN (%s)"
                                .formatted(names),
                        null)
                .equals("0");
    }

    private static ConnectorException syntaxError(String text, JsonNode document) {
        String message = document.path("error_message").asText();
        if (document.path("error_type").asText().equals("not implemented")) {
            return notSupported(text, message);
        }
        return document.has("position")
                ? new SqlException(position(text, document.path("position").asInt()), PlainText.sentence(message), "")
                : wrong(PlainText.sentence(message), "");
    }

    private static ConnectorException notSupported(String text, String message) {
        if (!DuckDbException.saysThatItIsNoSelect(message)) {
            return wrong("DuckDB does not support a part of it (%s).".formatted(message), "");
        }
        // DuckDB would run another statement before, to find the values.
        return text.strip().regionMatches(true, 0, "PIVOT", 0, 5)
                ? wrong("a PIVOT must name its values here.", "Write ON column IN (value, value).")
                : wrong("only a SELECT can be exported, and this is something else.", "");
    }

    private static ConnectorException wrong(String what, String remedy) {
        return wrong(what, remedy, null);
    }

    private static ConnectorException wrong(String what, String remedy, @Nullable Throwable cause) {
        return new ConnectorException(
                new Problem(Kind.BAD_SQL, "", "SQL: " + what, Problem.NOTHING_EXPORTED, remedy), cause);
    }

    private static Position position(String text, int offset) {
        String before = text.substring(0, Math.min(offset, text.length()));
        int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
        int column = before.length() - (before.lastIndexOf('\n') + 1) + 1;
        return new Position(line, column);
    }
}
