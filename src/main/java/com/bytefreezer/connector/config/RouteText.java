package com.bytefreezer.connector.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads one route file. A file that cannot be read has no lines and no content; {@link #problem} says why. */
final class RouteText {
    private static final int MOST_BYTES = 1 << 20;
    private static final Pattern SETTING = Pattern.compile(
            "\\{\\{(?:text:)?(?<optional>\\??)(?<name>[a-z0-9-]+(\\.[a-z0-9-]+)+)(?:(?<colon>:)(?<default>[^}]*))?");

    private RouteText() {}

    /** The problem of the file, with the line, as the rest of a sentence; empty if it can be read. */
    static Optional<String> problem(Path file) {
        try {
            new YAMLMapper().readTree(read(file));
            return Optional.empty();
        } catch (JacksonException e) {
            var where = e.getLocation();
            return Optional.of("is not YAML: line %d, column %d: %s"
                    .formatted(
                            where == null ? 1 : where.getLineNr(),
                            where == null ? 1 : where.getColumnNr(),
                            e.getOriginalMessage().lines().findFirst().orElse("")));
        } catch (IOException e) {
            return Optional.of("cannot be read: " + reason(e));
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "it leads to nothing";
        }
        if (e instanceof AccessDeniedException) {
            return "the connector has no right to read it";
        }
        return e instanceof FileSystemException failed
                ? String.valueOf(failed.getReason())
                : String.valueOf(e.getMessage());
    }

    /** @throws IOException if it is not a file that a person could have written */
    private static String read(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new IOException(attributes.isDirectory() ? "it is a folder" : "it is not a file");
        }
        if (attributes.size() > MOST_BYTES) {
            throw new IOException("it has %,d bytes; the limit is %,d".formatted(attributes.size(), MOST_BYTES));
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        if (StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true).isError()) {
            long line = text.flip().chars().filter(each -> each == '\n').count() + 1;
            throw new IOException("line %d: it is not text in UTF-8".formatted(line));
        }
        return text.flip().toString();
    }

    static JsonNode content(Path file) {
        try {
            return new YAMLMapper().readTree(read(file));
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    /** Whether the file has a route from {@code address}, as its text says: to read a file as YAML takes long. */
    static boolean hasRouteFrom(Path file, String address) {
        return Pattern.compile("(?<![\\w-])[\"']?uri[\"']?\\s*:\\s*[\"']?" + Pattern.quote(address) + "(?![\\w.?-])")
                .matcher(withoutComments(file))
                .find();
    }

    static boolean mentions(Path file, String word) {
        try {
            return read(file).contains(word);
        } catch (IOException e) {
            return false;
        }
    }

    /** The settings whose placeholders stand anywhere in the file, also in comments and in what only looks like one. */
    static Set<String> mentionedSettings(Path file) {
        try {
            return SETTING.matcher(read(file))
                    .results()
                    .map(match -> match.group(2))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            return Set.of();
        }
    }

    /** The settings that the file uses. */
    static Set<String> settings(Path file) {
        return defaults(file).keySet();
    }

    /** The settings without which the file cannot be loaded. */
    static Set<String> requiredSettings(Path file) {
        Set<String> names = new TreeSet<>();
        SETTING.matcher(withoutComments(file)).results().forEach(match -> {
            if (match.group(1).isEmpty() && match.group(4) == null) {
                names.add(match.group(2));
            }
        });
        return names;
    }

    /** The settings that the file uses, with the first default of each; empty for none. */
    static Map<String, String> defaults(Path file) {
        Map<String, String> defaults = new TreeMap<>();
        SETTING.matcher(withoutComments(file))
                .results()
                .forEach(match -> defaults.putIfAbsent(match.group(2), Objects.requireNonNullElse(match.group(5), "")));
        return defaults;
    }

    /** The comment before everything else. */
    static List<String> headComment(Path file) {
        return lines(file, lines -> lines.takeWhile(one -> one.startsWith("#")));
    }

    private static String withoutComments(Path file) {
        return String.join(
                "\n",
                lines(file, lines -> lines.filter(line -> !line.stripLeading().startsWith("#"))));
    }

    private static List<String> lines(Path file, UnaryOperator<Stream<String>> choice) {
        try {
            return choice.apply(read(file).lines()).toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
