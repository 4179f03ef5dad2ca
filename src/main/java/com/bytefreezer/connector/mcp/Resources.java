package com.bytefreezer.connector.mcp;

import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.http.OpenApi;
import com.bytefreezer.connector.text.PlainText;
import io.modelcontextprotocol.common.McpTransportContext;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpStatelessServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ErrorCodes;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Resources that an agent may read: the description of the API, the pages of the destinations, and descriptions of datasets. Except for the datasets they are a fixed set, and none is found by a path.
 */
final class Resources {
    private static final String SCHEMA = "schema://{tenant}/{dataset}";
    private static final Pattern SCHEMA_URI = Pattern.compile("schema://([^/]+)/([^/]+)");
    private static final String MARKDOWN = "text/markdown";

    private final RouteFiles routes;
    private final Tools tools;

    /** @param tools with {@code describe_dataset}, if datasets can be described */
    Resources(Settings settings, Tools tools) {
        routes = settings.routes();
        this.tools = tools;
    }

    List<SyncResourceSpecification> all() throws IOException {
        List<SyncResourceSpecification> all = new ArrayList<>();
        all.add(resource(
                "docs://openapi.yaml",
                "HTTP API of the connector",
                "application/yaml",
                new String(new OpenApi().yaml(), StandardCharsets.UTF_8)));
        String guide = page("add-a-destination.md");
        if (guide != null) {
            all.add(resource("docs://add-a-destination", "How to write a destination", MARKDOWN, guide));
        }
        for (Destination destination : routes.descriptions().values()) {
            String page = page("destinations/" + destination.name() + ".md");
            all.add(resource(
                    "destination://" + destination.name(),
                    "Destination " + destination.name(),
                    MARKDOWN,
                    page == null ? described(destination) : page));
        }
        return all;
    }

    List<SyncResourceTemplateSpecification> templates() {
        return List.of(new SyncResourceTemplateSpecification(
                ResourceTemplate.builder(SCHEMA, "Columns and newest partitions of a dataset")
                        .description("The answer of describe_dataset for the newest partition.")
                        .mimeType("text/plain")
                        .build(),
                (context, request) -> schema(request.uri(), context)));
    }

    private ReadResourceResult schema(String uri, McpTransportContext context) {
        Matcher names = SCHEMA_URI.matcher(uri);
        if (!names.matches()) {
            throw McpError.RESOURCE_NOT_FOUND.apply(uri);
        }
        CallToolResult answer = tools.call(
                "describe_dataset",
                Map.of("tenant_id", decoded(names.group(1)), "dataset_id", decoded(names.group(2))),
                context);
        String text = answer.content().get(0) instanceof TextContent content ? content.text() : "";
        if (Boolean.TRUE.equals(answer.isError())) {
            throw McpError.builder(ErrorCodes.INVALID_PARAMS)
                    .message(PlainText.line(text))
                    .build();
        }
        return contents(uri, "text/plain", text);
    }

    private static String decoded(String name) {
        try {
            return URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return name;
        }
    }

    private static SyncResourceSpecification resource(String uri, String name, String type, String text) {
        return new SyncResourceSpecification(
                Resource.builder(uri, name).mimeType(type).build(), (context, request) -> contents(uri, type, text));
    }

    private static ReadResourceResult contents(String uri, String type, String text) {
        return ReadResourceResult.builder(List.of(
                        TextResourceContents.builder(uri, text).mimeType(type).build()))
                .build();
    }

    /** A destination of an integrator has no page here. */
    private static String described(Destination destination) {
        return "# %s\n\n%s\n\n%s\n\n## Settings\n%s\n"
                .formatted(
                        destination.name(),
                        destination.description(),
                        destination.guarantee(),
                        destination.settings().stream()
                                .map(setting -> "- `%s`%s: %s"
                                        .formatted(
                                                setting.name(),
                                                setting.required() ? " (required)" : "",
                                                setting.description()))
                                .collect(Collectors.joining("\n")));
    }

    private static @Nullable String page(String name) throws IOException {
        try (InputStream page = Resources.class.getResourceAsStream("/docs/" + name)) {
            return page == null ? null : new String(page.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
