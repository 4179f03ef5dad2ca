package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The positions of the parts of a YAML text, so that one part can change while comments, order and notation of all others stay. Immutable.
 */
final class YamlText {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final ObjectMapper JSON = Json.mapper();
    /** Characters that a YAML text must escape, besides those that JSON escapes. */
    private static final Pattern UNPRINTABLE =
            Pattern.compile("[\\x7F-\\x9F\\u2028\\u2029\\uFEFF\\uFFFE\\uFFFF]|\\p{Cs}");

    private final String text;
    private final Part root;

    /**
     * A part of the text.
     *
     * @param fields of a mapping, each with its value
     * @param items of a list
     * @param scalar its value if it is neither
     */
    record Part(int start, int end, Map<String, Part> fields, List<Part> items, String scalar) {
        boolean isScalar() {
            return fields.isEmpty() && items.isEmpty();
        }
    }

    /** @throws IOException if it is not YAML */
    YamlText(String text) throws IOException {
        this.text = text;
        try (YAMLParser parser = new YAMLFactory().createParser(text)) {
            root = parser.nextToken() == null ? scalar(0, 0, "") : part(parser);
        }
    }

    private Part part(YAMLParser parser) throws IOException {
        int start = at(parser.currentTokenLocation().getCharOffset());
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            Map<String, Part> fields = new LinkedHashMap<>();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                fields.put(name, part(parser));
            }
            return new Part(start, end(parser), fields, List.of(), "");
        }
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            List<Part> items = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                items.add(part(parser));
            }
            return new Part(start, end(parser), Map.of(), items, "");
        }
        return scalar(start, end(parser), parser.getText());
    }

    private static Part scalar(int start, int end, String value) {
        return new Part(start, end, Map.of(), List.of(), value);
    }

    private int end(YAMLParser parser) {
        return at(parser.currentLocation().getCharOffset());
    }

    /** Converts a position, because the parser counts code points. */
    private int at(long codePoints) {
        return text.offsetByCodePoints(0, (int) codePoints);
    }

    /** All values of a field, in the order of the text, without those inside another one. */
    List<Part> findAll(String field) {
        List<Part> found = new ArrayList<>();
        find(root, field, found);
        return found;
    }

    private static void find(Part part, String field, List<Part> found) {
        part.items().forEach(item -> find(item, field, found));
        part.fields().forEach((name, value) -> {
            if (name.equals(field)) {
                found.add(value);
            } else {
                find(value, field, found);
            }
        });
    }

    /**
     * The text with another value in place of a scalar.
     *
     * @param expected what the whole then says
     * @return empty where its notation does not allow it
     */
    Optional<String> replaced(Part scalar, String value, JsonNode expected) {
        boolean isBlock = "|>".indexOf(text.charAt(Math.min(scalar.start(), text.length() - 1))) >= 0;
        String rest = text.substring(isBlock ? endOfContent(scalar) : scalar.end());
        return notations(scalar.start(), value)
                .map(notation -> text.substring(0, scalar.start()) + notation + rest)
                .filter(changed -> says(changed, expected))
                .findFirst();
    }

    /**
     * The text with one more item {@code {name: …, value: …}} at the end of a list of such items.
     *
     * @param expected what the whole then says
     * @return empty where its notation does not allow it
     */
    Optional<String> appended(Part list, String name, String value, JsonNode expected) {
        int end = list.items().get(list.items().size() - 1).end();
        String flow =
                text.substring(0, end) + ", {name: %s, value: %s}".formatted(name, quoted(value)) + text.substring(end);
        return Stream.of(flow, asBlock(list, name, value))
                .filter(changed -> says(changed, expected))
                .findFirst();
    }

    private String asBlock(Part list, String name, String value) {
        int first = list.items().get(0).start();
        String before = text.substring(text.lastIndexOf('\n', first - 1) + 1, first);
        String added = "\n%sname: %s\n%svalue: %s".formatted(before, name, " ".repeat(before.length()), quoted(value));
        // The rest of its line is a comment.
        int nextLine = text.indexOf('\n', endOfContent(list));
        return nextLine < 0 ? text + added + "\n" : text.substring(0, nextLine) + added + text.substring(nextLine);
    }

    /** For the parser, a block ends at the beginning of the next part, after comments. */
    private int endOfContent(Part part) {
        boolean isBlock = !part.isScalar() && "{[".indexOf(text.charAt(part.start())) < 0;
        if (isBlock) {
            List<Part> inner =
                    part.items().isEmpty() ? List.copyOf(part.fields().values()) : part.items();
            return endOfContent(inner.get(inner.size() - 1));
        }
        return part.start()
                + text.substring(part.start(), part.end()).stripTrailing().length();
    }

    /** The ways to write a value there, the most readable first. */
    private Stream<String> notations(int start, String value) {
        Stream<String> quoted = Stream.of(quoted(value));
        String before = text.substring(text.lastIndexOf('\n', start - 1) + 1, start);
        int key = before.length() - before.replaceFirst("^ *(- +)?", "").length();
        return value.contains("\n") && before.matches(" *(- +)?value: +")
                ? Stream.concat(Stream.of("|-\n" + value.indent(key + 2).stripTrailing()), quoted)
                : quoted.map(notation -> before.endsWith(":") ? " " + notation : notation);
    }

    private static String quoted(String value) {
        try {
            return UNPRINTABLE.matcher(JSON.writeValueAsString(value)).replaceAll(each -> "\\\\u%04X"
                    .formatted((int) each.group().charAt(0)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean says(String yaml, JsonNode expected) {
        try {
            return YAML.readTree(yaml).equals(expected);
        } catch (IOException e) {
            return false;
        }
    }
}
