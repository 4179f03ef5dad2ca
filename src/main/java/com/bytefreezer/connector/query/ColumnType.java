package com.bytefreezer.connector.query;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A DuckDB type, read from its name, e.g. {@code STRUCT(a TIMESTAMP, b INTEGER[])}.
 *
 * @param name the name of a scalar, or {@code LIST}, {@code STRUCT}, {@code UNION}, {@code MAP}
 * @param arguments the text in parentheses of a scalar, e.g. {@code 38,2}; the length of a list that has one
 * @param children the element of a list, the fields of a struct, the members of a union, key and value of a map
 * @param fields the names of the fields or members; none for a struct without names, such as {@code row(1, 2)}
 */
record ColumnType(String name, String arguments, List<ColumnType> children, List<String> fields) {
    static final String LIST = "LIST";
    static final String STRUCT = "STRUCT";
    static final String UNION = "UNION";
    static final String MAP = "MAP";

    /** The digits of DuckDB's widest DECIMAL. */
    static final int MOST_DIGITS = 38;

    private static final Pattern NAMED = Pattern.compile("\".*|\\w+ (?!WITH TIME ZONE).*", Pattern.DOTALL);

    static ColumnType of(String text) {
        String trimmed = text.strip();
        if (trimmed.endsWith("]")) {
            int bracket = trimmed.lastIndexOf('[');
            return new ColumnType(
                    LIST,
                    trimmed.substring(bracket + 1, trimmed.length() - 1),
                    List.of(of(trimmed.substring(0, bracket))),
                    List.of());
        }
        int parenthesis = trimmed.indexOf('(');
        if (parenthesis < 0 || !trimmed.endsWith(")")) {
            return new ColumnType(trimmed, "", List.of(), List.of());
        }
        String name = trimmed.substring(0, parenthesis);
        String inside = trimmed.substring(parenthesis + 1, trimmed.length() - 1);
        if (name.equals(STRUCT) || name.equals(UNION)) {
            List<String> fields = new ArrayList<>();
            List<ColumnType> types = new ArrayList<>();
            for (String part : split(inside)) {
                int end = NAMED.matcher(part).matches() ? endOfName(part) : 0;
                fields.add(unquoted(part.substring(0, end)));
                types.add(of(part.substring(end)));
            }
            boolean named = fields.stream().anyMatch(field -> !field.isEmpty());
            return new ColumnType(name, "", types, named ? fields : List.of());
        }
        if (name.equals(MAP)) {
            return new ColumnType(
                    MAP, "", split(inside).stream().map(ColumnType::of).toList(), List.of());
        }
        return new ColumnType(name, inside, List.of(), List.of());
    }

    static ColumnType scalar(String name) {
        return new ColumnType(name, "", List.of(), List.of());
    }

    static ColumnType list(ColumnType element) {
        return new ColumnType(LIST, "", List.of(element), List.of());
    }

    static ColumnType struct(List<String> fields, List<ColumnType> children) {
        return new ColumnType(STRUCT, "", List.copyOf(children), List.copyOf(fields));
    }

    boolean is(String otherName) {
        return name.equals(otherName);
    }

    /** Whether its values have no digit before the point: DECIMAL(n,n). */
    boolean isFraction() {
        return is("DECIMAL")
                && !isWide()
                && split(arguments).stream().distinct().count() == 1;
    }

    /** Whether it is a DECIMAL with more digits than DuckDB's. Its values are texts. */
    boolean isWide() {
        return is("DECIMAL") && Integer.parseInt(split(arguments).get(0)) > MOST_DIGITS;
    }

    /** The same with other children. */
    ColumnType withChildren(UnaryOperator<ColumnType> change) {
        return new ColumnType(name, arguments, children.stream().map(change).toList(), fields);
    }

    boolean isNested() {
        return !children.isEmpty();
    }

    /** Whether SQL cannot express it, because two members share a name, or one has none or one with a NUL. */
    boolean isUnspeakable() {
        return (is(STRUCT) && (fields.isEmpty() || fields.contains("") || hasNul() || hasFieldTwice()))
                || children.stream().anyMatch(ColumnType::isUnspeakable);
    }

    private boolean hasNul() {
        return fields.stream().anyMatch(field -> field.indexOf('\0') >= 0);
    }

    private boolean hasFieldTwice() {
        return fields.stream().map(Schema::folded).distinct().count() < fields.size();
    }

    /** The type in SQL, as DuckDB writes it. */
    @Override
    public String toString() {
        return switch (name) {
            case LIST -> children.get(0) + "[" + arguments + "]";
            case MAP -> "MAP(" + children.get(0) + ", " + children.get(1) + ")";
            case STRUCT, UNION ->
                IntStream.range(0, children.size())
                        .mapToObj(
                                i -> (fields.isEmpty() ? "" : Query.identifier(fields.get(i)) + " ") + children.get(i))
                        .collect(Collectors.joining(", ", name + "(", ")"));
            default -> arguments.isEmpty() ? name : name + "(" + arguments + ")";
        };
    }

    /** Splits at the commas outside quotes and parentheses. */
    static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        char quote = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                parts.add(text.substring(start, i).strip());
                start = i + 1;
            }
        }
        parts.add(text.substring(start).strip());
        return parts;
    }

    private static int endOfName(String field) {
        if (!field.startsWith("\"")) {
            return field.indexOf(' ');
        }
        int i = 1;
        while (field.charAt(i) != '"' || (i + 1 < field.length() && field.charAt(i + 1) == '"')) {
            i += field.charAt(i) == '"' ? 2 : 1;
        }
        return i + 1;
    }

    static String unquoted(String name) {
        return name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name;
    }
}
