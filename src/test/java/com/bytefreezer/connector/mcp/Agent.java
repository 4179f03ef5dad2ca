package com.bytefreezer.connector.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.schema.jackson2.DefaultJsonSchemaValidator;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client that knows nothing but what the server tells it: the SDK's own. */
public final class Agent implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Pattern ERROR =
            Pattern.compile("[^\n<]+\n<(?<mark>data-[0-9a-f]{16})>\n(?<line>[^\n]*)\n</\\k<mark>>");

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final McpSyncClient client;
    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private int calls;

    private Agent(McpClientTransport transport) {
        client = McpClient.sync(transport)
                .requestTimeout(PATIENCE)
                .initializationTimeout(PATIENCE)
                .build();
        client.initialize();
        client.listTools().tools().forEach(tool -> tools.put(tool.name(), tool));
    }

    public static Agent over(McpClientTransport transport) {
        return new Agent(transport);
    }

    /** At {@code /mcp} of a server. */
    public static Agent over(URI server) {
        return new Agent(
                HttpClientStreamableHttpTransport.builder(server.resolve("/").toString())
                        .endpoint("/mcp")
                        .build());
    }

    /** What a tool has answered, or the line that says why it has not. */
    public record Told(CallToolResult result, JsonNode structured) {
        public String text() {
            return ((TextContent) result.content().get(0)).text();
        }

        public boolean isError() {
            return Boolean.TRUE.equals(result.isError());
        }

        /** The line of an error. */
        public String error() {
            assertThat(result.isError()).as(text()).isTrue();
            return errorIn(text());
        }

        /** A value within {@code data}, e.g. {@code /rows/0/n}. */
        public JsonNode at(String pointer) {
            assertThat(result.isError()).as(text()).isFalse();
            return structured.at("/data" + pointer);
        }
    }

    /** The line between the marks of an error. */
    static String errorIn(String text) {
        Matcher marked = ERROR.matcher(text);
        assertThat(marked.matches()).as(text).isTrue();
        return marked.group("line");
    }

    /** Calls a tool; an answer fits the schema that the tool names. */
    public Told call(String tool, Object... namesAndValues) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        for (int at = 0; at < namesAndValues.length; at += 2) {
            arguments.put((String) namesAndValues[at], namesAndValues[at + 1]);
        }
        calls++;
        CallToolResult result = client.callTool(
                CallToolRequest.builder(tool).arguments(arguments).build());
        JsonNode structured = JSON.valueToTree(result.structuredContent());
        if (!Boolean.TRUE.equals(result.isError())) {
            assertThat(new DefaultJsonSchemaValidator()
                            .validate(tools.get(tool).outputSchema(), structured)
                            .errorMessage())
                    .as(tool)
                    .isNull();
        }
        return new Told(result, structured);
    }

    public Map<String, Tool> tools() {
        return tools;
    }

    public McpSyncClient client() {
        return client;
    }

    public int calls() {
        return calls;
    }

    @Override
    public void close() {
        client.close();
    }
}
