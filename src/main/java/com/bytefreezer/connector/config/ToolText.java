package com.bytefreezer.connector.config;

import com.bytefreezer.connector.config.Tool.Argument;
import com.bytefreezer.connector.config.Tool.ArgumentType;
import com.bytefreezer.connector.problem.Problem;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tool from its route. The note begins with further information for a model; then come the arguments, a line each:
 *
 * <pre>
 * sql    string, required  one SELECT over the table events
 * limit  integer = 200     most rows
 * Returns QueryAnswer
 * </pre>
 */
final class ToolText {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,59}");
    private static final Pattern ARGUMENT = Pattern.compile(
            "([a-z][a-z0-9_]*)\\s{2,}(string|integer|boolean|strings|[a-z-]+(?:\\|[a-z-]+)+)(, required| = \\S+)?\\s{2,}(\\S.*)");
    private static final Pattern RETURNS = Pattern.compile("Returns ([A-Za-z]+)");

    private final String name;
    private final JsonNode route;
    private final List<String> text = new ArrayList<>();
    private final List<Argument> arguments = new ArrayList<>();
    private final List<String> unread = new ArrayList<>();
    private String returns = "";

    private ToolText(String name, JsonNode route) {
        this.name = name;
        this.route = route;
        text.add(route.path("description").asText().strip());
        route.path("note").asText().lines().filter(line -> !line.isBlank()).forEach(this::take);
    }

    /** The tools of these files, in their order. */
    static List<Tool> of(RouteFiles routes) {
        return routes.files().stream()
                .flatMap(file -> in(file, routes).stream())
                .map(ToolText::tool)
                .toList();
    }

    /** The problems of the tools. */
    static List<Problem> problems(RouteFiles routes) {
        List<Problem> problems = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        for (Path file : routes.files()) {
            String inMessages = routes.nameInMessages(file);
            for (ToolText tool : in(file, routes)) {
                tool.problem(inMessages).ifPresent(problems::add);
                String owner = owners.putIfAbsent(tool.name, inMessages);
                if (owner != null) {
                    problems.add(Problem.ofStart(
                            inMessages, "there is a tool %s already, in %s.".formatted(tool.name, owner), ""));
                }
            }
        }
        return problems;
    }

    /** The routes of a file that are tools. */
    private static List<ToolText> in(Path file, RouteFiles routes) {
        List<ToolText> tools = new ArrayList<>();
        if (routes.hasTools(file)) {
            for (JsonNode item : routes.content(file)) {
                String uri = item.at("/route/from/uri").asText();
                if (uri.startsWith(Tool.ROUTE)) {
                    tools.add(new ToolText(uri.substring(Tool.ROUTE.length()), item.path("route")));
                }
            }
        }
        return tools;
    }

    private void take(String line) {
        Matcher argument = ARGUMENT.matcher(line);
        Matcher result = RETURNS.matcher(line.strip());
        if (argument.matches()) {
            arguments.add(argument(argument.group(1), argument.group(2), argument.group(3), argument.group(4)));
        } else if (result.matches()) {
            returns = result.group(1);
        } else if (arguments.isEmpty()) {
            text.add(line.strip());
        } else if (line.startsWith(" ")) {
            int last = arguments.size() - 1;
            Argument before = arguments.get(last);
            arguments.set(
                    last,
                    new Argument(
                            before.name(),
                            before.type(),
                            before.choices(),
                            before.required(),
                            before.byDefault(),
                            before.description() + " " + line.strip()));
        } else {
            unread.add(line.strip());
        }
    }

    private static Argument argument(String name, String type, @Nullable String mark, String description) {
        boolean isChoice = type.contains("|");
        ArgumentType known = isChoice ? ArgumentType.STRING : ArgumentType.valueOf(type.toUpperCase(Locale.ROOT));
        String byDefault = mark != null && mark.startsWith(" = ") ? mark.substring(3) : null;
        return new Argument(
                name,
                known,
                isChoice ? List.of(type.split("\\|")) : List.of(),
                mark != null && mark.startsWith(","),
                byDefault == null ? null : value(known, byDefault),
                description);
    }

    private static Object value(ArgumentType type, String text) {
        return switch (type) {
            case INTEGER -> text.matches("\\d{1,9}") ? Integer.valueOf(text) : text;
            case BOOLEAN -> Boolean.valueOf(text);
            default -> text;
        };
    }

    private Tool tool() {
        String first = text.get(0);
        text.set(0, first.endsWith(".") ? first : first + ".");
        return new Tool(
                name,
                String.join(" ", text),
                route.path("group").asText().equals(Tool.READS),
                List.copyOf(arguments),
                returns);
    }

    /** The reason that it cannot be a tool. */
    private Optional<Problem> problem(String file) {
        String what = !NAME.matcher(name).matches()
                ? "\"%s\" cannot name a tool. Begin its route with direct:mcp- and a name of a-z, 0-9, _ and -."
                        .formatted(name)
                : text.get(0).isEmpty()
                        ? "tool %s has no description. A model needs one to choose the tool.".formatted(name)
                        : !unread.isEmpty()
                                ? "tool %s: \"%s\" is not an argument. Write name, type (string, integer, boolean, strings or one|other), \", required\" or \" = default\", and its meaning, with two spaces between them."
                                        .formatted(name, unread.get(0))
                                : arguments.stream()
                                        .filter(one ->
                                                one.byDefault() instanceof String && one.type() == ArgumentType.INTEGER)
                                        .findFirst()
                                        .map(one -> "tool %s: the default of %s is not a whole number."
                                                .formatted(name, one.name()))
                                        .orElse("");
        return what.isEmpty() ? Optional.empty() : Optional.of(Problem.ofStart(file, what, ""));
    }
}
