package com.bytefreezer.connector.mcp;

import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptArgument;
import io.modelcontextprotocol.spec.McpSchema.PromptMessage;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tasks that a person can give an agent, in {@code resources/mcp}: each file has the title, then the text with its arguments in braces. */
final class Prompts {
    private static final Map<String, String> ARGUMENTS = Map.of(
            "question", "what to look for, such as: failed logins of administrators",
            "export", "name of the export",
            "destination", "what the destination is, such as: our ticket system's HTTP API");
    private static final Pattern ARGUMENT = Pattern.compile("\\{([a-z]+)}");

    private Prompts() {}

    static List<SyncPromptSpecification> all() {
        return List.of(prompt("draft-export"), prompt("explain-failure"), prompt("write-destination"));
    }

    private static SyncPromptSpecification prompt(String name) {
        String[] titleAndText = text(name).split("\n\n", 2);
        String text = titleAndText[1];
        List<PromptArgument> arguments = ARGUMENT.matcher(text)
                .results()
                .map(match -> match.group(1))
                .distinct()
                .map(argument -> PromptArgument.builder(argument)
                        .description(Objects.requireNonNull(ARGUMENTS.get(argument), argument))
                        .required(true)
                        .build())
                .toList();
        return new SyncPromptSpecification(
                Prompt.builder(name)
                        .title(titleAndText[0])
                        .description(titleAndText[0])
                        .arguments(arguments)
                        .build(),
                (context, request) -> filled(text, request));
    }

    private static GetPromptResult filled(String text, GetPromptRequest request) {
        Map<String, Object> given = Objects.requireNonNullElse(request.arguments(), Map.of());
        String filled = ARGUMENT.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(
                        String.valueOf(Objects.requireNonNullElse(given.get(match.group(1)), match.group()))));
        return GetPromptResult.builder(List.of(PromptMessage.builder(
                                Role.USER, TextContent.builder(filled).build())
                        .build()))
                .build();
    }

    /** The text of a file in {@code resources/mcp}. */
    static String text(String name) {
        try (InputStream stream = Prompts.class.getResourceAsStream("/mcp/" + name + ".md")) {
            return new String(Objects.requireNonNull(stream, name).readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
