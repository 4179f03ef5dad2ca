package com.bytefreezer.connector.query;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.SqlException.Position;
import com.bytefreezer.connector.text.PlainText;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The user's SQL: one SELECT over the table {@code events}, parsed by DuckDB itself. Immutable.
 *
 * <p>{@code read_parquet('PARQUET_PATH', …)} in all its spellings becomes {@code events}. The objects are added as a common table expression, never to the user's text.
 */
public final class Query {
    /** Columns that read_parquet has only on demand. */
    static final Set<String> VIRTUAL_COLUMNS = Set.of("filename", "file_row_number");

    private final String text;
    private final JsonNode tree;
    /** Unique for this query, so that no text of the user or of the data can equal it. */
    private final String mark;

    private final String sql;
    private final @Nullable String bundleSql;
    private final Map<String, String> virtualColumns;
    private final boolean repeatable;
    private final Use use;
    private final Set<String> lookups;
    /** As the bundle, but without a limit; null unless its records are {@link SingleRows}. */
    private final @Nullable String rowsSql;

    private final long most;

    private Query(
            String text,
            JsonNode tree,
            String mark,
            String sql,
            @Nullable String bundleSql,
            Map<String, String> virtualColumns,
            boolean repeatable,
            Use use,
            Set<String> lookups,
            @Nullable String rowsSql,
            long most) {
        this.text = text;
        this.tree = tree;
        this.mark = mark;
        this.sql = sql;
        this.bundleSql = bundleSql;
        this.virtualColumns = virtualColumns;
        this.repeatable = repeatable;
        this.use = use;
        this.lookups = lookups;
        this.rowsSql = rowsSql;
        this.most = most;
    }

    /**
     * Parses {@code text} without touching any data.
     *
     * @param connection to any DuckDB
     * @param isLookup whether a name, in lower case, may be that of a lookup; a common table expression hides it
     * @throws ConnectorException with DuckDB's message and the position, unless it is exactly one SELECT
     */
    public static Query parse(String text, Connection connection, Predicate<String> isLookup) {
        return parse(text, connection, isLookup, "events");
    }

    /** As above, with another name than {@code events} for the table. */
    static Query parse(String text, Connection connection, Predicate<String> isLookup, String table) {
        try {
            SqlTree sqlTree = new SqlTree(connection);
            JsonNode parsed = sqlTree.parse(text);
            if (parsed.path("error").asBoolean()) {
                throw syntaxError(text, parsed);
            }
            JsonNode statements = parsed.path("statements");
            if (statements.size() != 1) {
                throw wrong("%d statements instead of exactly one SELECT.".formatted(statements.size()), "");
            }
            JsonNode document = selected(parsed, sqlTree);
            String events =
                    SqlTree.nodes(document, node -> node.path("key").asText().equalsIgnoreCase(table))
                                    .findAny()
                                    .isPresent()
                            ? table + "_of_the_lake"
                            : table;
            Map<String, String> virtualColumns = new LinkedHashMap<>();
            JsonNode replaced = Placeholders.replaced(document, events, virtualColumns);
            Set<String> lookups = lookups(replaced, isLookup);
            Optional<Allowed.Refusal> refusal = Allowed.refusal(replaced, events, lookups);
            if (refusal.isPresent()) {
                throw refused(text, refusal.get(), table);
            }
            Use use = virtualColumns.isEmpty()
                            && meaning(replaced).equals(meaning(sqlTree.parse("SELECT * FROM " + events)))
                    ? Use.ALL
                    : Use.of(replaced);
            Optional<SingleRows> singleRows = SingleRows.of(replaced);
            String mark = UUID.randomUUID().toString();
            for (String lookup : lookups) {
                addTable(
                        replaced,
                        lookup,
                        "FROM %s.%s".formatted(identifier(schema(mark)), identifier(lookup)),
                        sqlTree);
            }
            addTable(replaced, events, scanMark(mark), sqlTree);
            String sql = sqlTree.text(replaced);
            String bundleSql = virtualColumns.isEmpty()
                    ? Numbering.of(replaced, events, mark, sqlTree).orElse(null)
                    : null;
            String rowsSql = bundleSql != null && singleRows.isPresent()
                    ? Numbering.of(singleRows.get().all(replaced), events, mark, sqlTree)
                            .orElse(null)
                    : null;
            boolean repeatable = isRepeatable(document, sqlTree);
            return new Query(
                    text,
                    document,
                    mark,
                    sql,
                    bundleSql,
                    virtualColumns,
                    repeatable,
                    use,
                    lookups,
                    rowsSql,
                    singleRows.map(SingleRows::most).orElse(0L));
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

    /** A SUMMARIZE or DESCRIBE as what a SELECT selects from, because it cannot have common table expressions of its own. */
    private static JsonNode selected(JsonNode document, SqlTree sqlTree) throws SQLException, JsonProcessingException {
        JsonNode statement = document.at("/statements/0/node");
        if (!statement.at("/from_table/type").asText().equals("SHOW_REF")) {
            return document;
        }
        JsonNode outer = sqlTree.parse("SELECT * FROM (SELECT 1)");
        ((ObjectNode) outer.at("/statements/0/node/from_table/subquery")).set("node", statement);
        return outer;
    }

    /** The names of the lookups that it reads, in lower case. */
    public Set<String> lookups() {
        return lookups;
    }

    /** A common table expression hides the lookup of its name in the whole statement. */
    private static Set<String> lookups(JsonNode document, Predicate<String> isLookup) {
        Set<String> names = SqlTree.nodes(
                        document, node -> node.path("type").asText().equals("BASE_TABLE"))
                .map(node -> Allowed.lower(node.path("table_name").asText()))
                .filter(isLookup)
                .collect(Collectors.toCollection(TreeSet::new));
        SqlTree.nodes(document, node -> node.has("key"))
                .forEach(entry -> names.remove(Allowed.lower(entry.path("key").asText())));
        return Set.copyOf(names);
    }

    /**
     * Whether each record is made of one row of the objects, in no order, so that the records of an object do not depend on other objects; {@link #rows} reads some of them. Only binding distinguishes aggregates from other functions; a query with one cannot be {@linkplain #overBundle bundled}.
     */
    boolean canReadSomeObjects() {
        return rowsSql != null && repeatable;
    }

    /** If it {@link #canReadSomeObjects}, the most records that it wants. */
    long most() {
        return most;
    }

    /** If it {@link #canReadSomeObjects}, the same query without its limit, for a comparison of a column of its result. */
    Query rows() {
        return new Query(
                text, tree, mark, sql, rowsSql, virtualColumns, repeatable, use.comparing(), lookups, rowsSql, most);
    }

    /** Equal for all texts with the same meaning for DuckDB's parser, whatever their blanks, comments and letter case of keywords. */
    public String meaning() {
        return meaning(tree);
    }

    private static String meaning(JsonNode tree) {
        JsonNode bare = tree.deepCopy();
        bare.findParents("query_location").forEach(node -> ((ObjectNode) node).remove("query_location"));
        return bare.path("statements").toString();
    }

    /** Identifies it in the ids of records and started objects. */
    public String id(boolean omitNulls) {
        return UUID.nameUUIDFromBytes((meaning() + "\n" + omitNulls).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    /** The query over the result of {@code scan}, a SELECT; see {@link #with}. */
    String over(String scan) {
        return sql.replace(scanMark(mark), scan);
    }

    /** As {@link #over(String)}, or if {@code number} is not empty, as {@link #overBundle}. It takes DuckDB a while to plan a table of hundreds of columns, so there is none if it gives all columns of the scan. */
    String over(String scan, String number) {
        if (use.isAll()) {
            return scan;
        }
        return number.isEmpty() ? over(scan) : overBundle(scan);
    }

    /** The result of {@link #over} or {@link #overBundle}, with the lookups in a schema. */
    String with(String over, String lookupsIn) {
        return over.replace(identifier(schema(mark)), lookupsIn);
    }

    private static String schema(String mark) {
        return "lookups of " + mark;
    }

    /** The text of the user: exactly one SELECT that may be run. */
    String text() {
        return text;
    }

    /** Whether the query can run over several objects at once and still tell the object of each row. */
    public boolean canBundle() {
        return bundleSql != null;
    }

    /**
     * As {@link #over}, with an additional column {@link #objectNumber} in {@code scan} and as the last column of the result.
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

    /** Columns that the query needs besides those of the data, with their virtual columns of read_parquet. */
    Map<String, String> virtualColumns() {
        return virtualColumns;
    }

    /** The problem that no lookup has a name that the query reads. */
    public ConnectorException without(String lookup) {
        String what = "there is no table %s here.".formatted(lookup);
        String remedy = "Select from events, or add the lookup (docs/lookups.md).";
        return positionOf(lookup)
                .<ConnectorException>map(position -> new SqlException(position, what, remedy))
                .orElseGet(() -> wrong(what, remedy));
    }

    private static String scanMark(String mark) {
        return "SELECT '" + mark + "'";
    }

    /** The place in the user's text of the name in DuckDB's message. */
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

    /** DuckDB counts places in the tree in bytes, those of syntax errors in characters. */
    private static int charactersIn(String text, int bytes) {
        byte[] all = text.getBytes(StandardCharsets.UTF_8);
        return new String(all, 0, Math.min(bytes, all.length), StandardCharsets.UTF_8).length();
    }

    /** {@code name} as an identifier in SQL. */
    public static String identifier(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static ConnectorException refused(String text, Allowed.Refusal refusal, String table) {
        String what = refusal.what() + ".";
        String remedy = "Select from %s.".formatted(table);
        long location = refusal.node().path("query_location").asLong(-1);
        return location < 0
                ? wrong(what, remedy)
                : new SqlException(position(text, charactersIn(text, (int) location)), what, remedy);
    }

    /** Puts a table before the user's own common table expressions. */
    private static void addTable(JsonNode document, String name, String scan, SqlTree sqlTree)
            throws SQLException, JsonProcessingException {
        JsonNode example = sqlTree.parse("WITH %s AS NOT MATERIALIZED (%s) SELECT 1".formatted(identifier(name), scan));
        JsonNode entry = example.at("/statements/0/node/cte_map/map/0");
        ((ArrayNode) document.at("/statements/0/node/cte_map/map")).insert(0, entry);
    }

    private static boolean isRepeatable(JsonNode document, SqlTree sqlTree) throws SQLException {
        // current_timestamp and its like are parsed as column names.
        boolean namesTheTime = SqlTree.nodes(document, node -> SqlTree.isOf(node, "COLUMN_REF"))
                .anyMatch(node ->
                        SqlTree.lastName(node).toLowerCase(Locale.ROOT).matches("current_(date|time|timestamp)"));
        Set<String> changing = Functions.changing(sqlTree);
        return !namesTheTime
                && SqlTree.nodes(document, node -> SqlTree.isOf(node, "FUNCTION"))
                        .map(node -> node.path("function_name").asText().toLowerCase(Locale.ROOT))
                        .noneMatch(changing::contains);
    }

    private static ConnectorException syntaxError(String text, JsonNode document) {
        String message = document.path("error_message").asText();
        if (document.path("error_type").asText().equals("not implemented")) {
            return notSupported(text, message);
        }
        String remedy = Habits.remedyForSyntax(text);
        return document.has("position")
                ? new SqlException(
                        position(text, document.path("position").asInt()), PlainText.sentence(message), remedy)
                : wrong(PlainText.sentence(message), remedy);
    }

    private static ConnectorException notSupported(String text, String message) {
        if (!DuckDbException.saysThatItIsNoSelect(message)) {
            return wrong("DuckDB does not support a part of it (%s).".formatted(message), "");
        }
        // DuckDB would first run another statement to find the values.
        return text.strip().regionMatches(true, 0, "PIVOT", 0, 5)
                ? wrong("a PIVOT must name its values here.", "Write ON column IN (value, value).")
                : wrong("only a SELECT can be exported.", "");
    }

    static ConnectorException wrong(String what, String remedy) {
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
