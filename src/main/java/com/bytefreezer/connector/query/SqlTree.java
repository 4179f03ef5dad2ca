package com.bytefreezer.connector.query;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Converts statements to the trees of DuckDB's parser and back. Used by one thread. */
final class SqlTree {
    static final ObjectMapper JSON = Json.mapper();

    private final Connection connection;

    /** @param connection to any DuckDB */
    SqlTree(Connection connection) {
        this.connection = connection;
    }

    /** The tree of a text; it contains {@code error} if the text is not SQL. */
    JsonNode parse(String sql) throws SQLException, JsonProcessingException {
        return JSON.readTree(value("SELECT json_serialize_sql(?::VARCHAR)", sql));
    }

    /** The statement of a tree. */
    String text(JsonNode document) throws SQLException, JsonProcessingException {
        return value("SELECT json_deserialize_sql(?::JSON)", JSON.writeValueAsString(document));
    }

    /** The first value of a query with at most one parameter. */
    String value(String sql, @Nullable String parameter) throws SQLException {
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

    /** {@code root} and all nodes below it, in order. */
    static Stream<JsonNode> nodes(JsonNode root, Predicate<JsonNode> wanted) {
        return Stream.concat(Stream.of(root).filter(wanted), children(root).flatMap(child -> nodes(child, wanted)));
    }

    static Stream<JsonNode> children(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false);
    }

    /** A copy with new children. */
    static JsonNode withChildren(JsonNode node, UnaryOperator<JsonNode> replacement) {
        if (node.isArray()) {
            ArrayNode copy = JSON.createArrayNode();
            node.forEach(item -> copy.add(replacement.apply(item)));
            return copy;
        }
        if (!node.isObject()) {
            return node;
        }
        ObjectNode copy = JSON.createObjectNode();
        node.properties().forEach(field -> copy.set(field.getKey(), replacement.apply(field.getValue())));
        return copy;
    }

    static boolean isOf(JsonNode node, String expressionClass) {
        return node.path("class").asText().equals(expressionClass);
    }

    /** The name of a column without its table. */
    static String lastName(JsonNode columnReference) {
        JsonNode names = columnReference.path("column_names");
        return names.path(names.size() - 1).asText();
    }
}
