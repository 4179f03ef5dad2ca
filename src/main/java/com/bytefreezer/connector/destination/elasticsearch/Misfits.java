package com.bytefreezer.connector.destination.elasticsearch;

import com.bytefreezer.connector.delivery.Check.Misfit;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.delivery.RecordSample.Column;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The columns of a query that an index refuses: by their names, by their types and by the values of some records. A
 * value that Elasticsearch itself would change to fit, such as a number as text, fits. Used once, by one thread.
 */
final class Misfits {
    /** Only the server writes them. */
    private static final Set<String> METADATA = Set.of(
            "_id",
            "_index",
            "_source",
            "_routing",
            "_seq_no",
            "_version",
            "_primary_term",
            "_field_names",
            "_ignored",
            "_nested_path");

    private static final Set<String> DATE_AND_TEXT = Set.of("date", "text");
    private static final Set<String> OBJECT = Set.of("object", "nested");
    /** Texts that a new field takes as dates. */
    private static final Pattern DATE_DETECTED =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}.*|\\d{4}/\\d{2}/\\d{2}( \\d{2}:\\d{2}:\\d{2}.*)?");

    private static final String NEW_DATES = "strict_date_optional_time||yyyy/MM/dd HH:mm:ss||yyyy/MM/dd";
    private static final int USUAL_MOST_FIELDS = 1000;

    private final IndexMapping mapping;
    private final boolean detectsDates;
    /** The types of new fields, by their paths. */
    private final ObjectNode added = Json.mapper().createObjectNode();

    private final Set<String> withValues = new HashSet<>();
    private final Map<String, String> found = new LinkedHashMap<>();
    private int addedFields;

    private Misfits(IndexMapping mapping) {
        this.mapping = mapping;
        JsonNode mappings = mapping.mappings();
        detectsDates = mappings.path("date_detection").asBoolean(true)
                && mappings.path("dynamic_templates").isEmpty();
    }

    /** The columns that do not fit, in order. */
    static List<Misfit> of(RecordSample sample, IndexMapping mapping) throws IOException {
        Misfits misfits = new Misfits(mapping);
        for (byte[] record : sample.records()) {
            Json.mapper().readTree(record).properties().forEach(column -> {
                if (!column.getValue().isNull()) {
                    misfits.withValues.add(column.getKey());
                }
                misfits.look(column.getKey(), column.getValue());
            });
        }
        for (Column column : sample.columns()) {
            if (!misfits.withValues.contains(column.name())) {
                misfits.look(column.name(), ofType(column.type()));
            }
        }
        List<Misfit> inOrder = new ArrayList<>();
        for (Column column : sample.columns()) {
            String reason = misfits.found.remove(column.name());
            if (reason != null) {
                inOrder.add(new Misfit(column.name(), reason));
            }
        }
        return inOrder;
    }

    /** A value of a DuckDB type, if its kind alone tells; otherwise null. */
    private static JsonNode ofType(String type) {
        String element = type.replaceFirst("(\\[\\d*])+$", "");
        return switch (element.replaceFirst("\\(.*", "")) {
            case "STRUCT", "MAP", "UNION" -> Json.mapper().createObjectNode();
            case "BOOLEAN" -> JsonNodeFactory.instance.booleanNode(true);
            default -> JsonNodeFactory.instance.nullNode();
        };
    }

    private void look(String column, JsonNode value) {
        if (!found.containsKey(column)) {
            Optional<String> reason = METADATA.contains(column)
                    ? Optional.of("only the server writes a field of this name")
                    : into(mapping.mappings(), "true", "", column, value);
            reason.ifPresent(text -> found.put(column, text));
        }
    }

    /**
     * Why an object of the mapping does not take a member.
     *
     * @param dynamic what holds if the object does not say
     * @param path to the object, with a dot at its end
     */
    private Optional<String> into(JsonNode object, String dynamic, String path, String name, JsonNode value) {
        String own = object.path("dynamic").asText(dynamic);
        JsonNode field = object.path("properties").path(name);
        if (!field.isMissingNode()) {
            return value(field, own, path + name, value);
        }
        int dot = name.indexOf('.');
        JsonNode parent = dot < 0 ? field : object.path("properties").path(name.substring(0, dot));
        if (name.isEmpty() || dot == 0 || name.contains("..")) {
            return Optional.of("the name of a field cannot be empty, nor can a part of it between dots");
        }
        if (parent.isMissingNode()) {
            return added(own, path + name, value);
        }
        return isObject(parent)
                ? into(parent, own, path + name.substring(0, dot + 1), name.substring(dot + 1), value)
                : Optional.of("the field %s is not an object, so it has no field %s"
                        .formatted(path + name.substring(0, dot), name.substring(dot + 1)));
    }

    private static boolean isObject(JsonNode field) {
        return OBJECT.contains(field.path("type").asText("object"));
    }

    private Optional<String> value(JsonNode field, String dynamic, String path, JsonNode value) {
        if (value.isNull() || !field.path("enabled").asBoolean(true)) {
            return Optional.empty();
        }
        if (value.isArray()) {
            return first(value, element -> value(field, dynamic, path, element));
        }
        if (!isObject(field)) {
            boolean lenient = field.path("ignore_malformed")
                    .asBoolean(mapping.setting("index.mapping.ignore_malformed").equals("true"));
            return FieldType.refusal(field, value, lenient).map(reason -> said(path, reason));
        }
        if (!value.isObject()) {
            return Optional.of(said(path, "it is an object and does not take " + FieldType.shown(value)));
        }
        for (Map.Entry<String, JsonNode> member : value.properties()) {
            Optional<String> reason = into(field, dynamic, path + ".", member.getKey(), member.getValue());
            if (reason.isPresent()) {
                return reason;
            }
        }
        return Optional.empty();
    }

    private interface Look {
        Optional<String> at(JsonNode element);
    }

    private static Optional<String> first(JsonNode array, Look look) {
        for (JsonNode element : array) {
            Optional<String> reason = look.at(element);
            if (reason.isPresent()) {
                return reason;
            }
        }
        return Optional.empty();
    }

    private static String said(String path, String reason) {
        return "field %s: %s".formatted(path, reason);
    }

    /** A field that the mapping does not have. */
    private Optional<String> added(String dynamic, String path, JsonNode value) {
        if (dynamic.startsWith("strict")) {
            // Templates of strict_allow_templates may take it.
            return dynamic.equals("strict")
                    ? Optional.of("the mapping is strict and has no field " + path)
                    : Optional.empty();
        }
        if (!dynamic.equals("true") || value.isNull() || !mapping.complete()) {
            return Optional.empty();
        }
        if (value.isArray()) {
            return first(value, element -> added(dynamic, path, element));
        }
        if (value.isObject()) {
            Optional<String> many = count(path, "object");
            if (many.isPresent()) {
                return many;
            }
            for (Map.Entry<String, JsonNode> member : value.properties()) {
                Optional<String> reason = added(dynamic, path + "." + member.getKey(), member.getValue());
                if (reason.isPresent()) {
                    return reason;
                }
            }
            return Optional.empty();
        }
        String type = typeOf(value);
        String before = added.path(path).asText(type);
        // Which of them comes first is chance: records of several objects are sent at the same time.
        return !type.equals(before) && DATE_AND_TEXT.equals(Set.of(type, before))
                ? Optional.of(said(
                        path, "if the first text of this new field looks like a date, it does not take the others"))
                : count(path, type);
    }

    private String typeOf(JsonNode value) {
        if (value.isTextual()) {
            boolean date = detectsDates
                    && DATE_DETECTED.matcher(value.asText()).matches()
                    && FieldType.isDate(value.asText(), NEW_DATES);
            return date ? "date" : "text";
        }
        return value.isNumber() ? "long" : "boolean";
    }

    /** Counts a field once. A text gets a second one for its words, unless a template decides. */
    private Optional<String> count(String path, String type) {
        if (added.has(path)) {
            return Optional.empty();
        }
        added.put(path, type);
        boolean two = type.equals("text")
                && mapping.mappings().path("dynamic_templates").isEmpty();
        addedFields += two ? 2 : 1;
        String limit = mapping.setting("index.mapping.total_fields.limit");
        int most = limit.isEmpty() ? USUAL_MOST_FIELDS : Integer.parseInt(limit);
        boolean ignores = mapping.setting("index.mapping.total_fields.ignore_dynamic_beyond_limit")
                .equals("true");
        return addedFields + fields(mapping.mappings()) > most && !ignores
                ? Optional.of(
                        "with it, the index has more than index.mapping.total_fields.limit (%d) fields".formatted(most))
                : Optional.empty();
    }

    /** All fields below, with objects and second fields. */
    private static int fields(JsonNode object) {
        int count = object.path("fields").size();
        for (JsonNode field : object.path("properties")) {
            count += 1 + fields(field);
        }
        return count;
    }
}
