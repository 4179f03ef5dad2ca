package com.bytefreezer.connector.server;

import com.bytefreezer.connector.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * Serves the page from the class path: the files of {@code web/}, and those modules of libraries that an
 * {@code importmap.json} names, which a jar of a JavaScript package brings along. Nothing else of the class path can be had.
 * Browsers take an import map only inline, which the page's content security policy forbids; so the names of packages in
 * imports become paths here. Safe for use by several threads.
 */
public final class Page {
    private static final String ASSETS = "/assets/";
    /** Their paths hold the version, so a browser may keep them. */
    static final String LIBRARIES = "/assets/lib/";

    private static final Pattern OWN = Pattern.compile("[a-z0-9-]+\\.(?:html|css|js|svg)");
    private static final Pattern IMPORT = Pattern.compile("(\\b(?:from|import)\\s*)([\"'])([@a-z][^\"']*)\\2");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** What is sent, kept for the life of the process. */
    private record Asset(byte[] plain, byte[] compressed, String type, String tag) {}

    private final Map<String, String> modules;
    private final Map<String, Optional<Asset>> assets = new ConcurrentHashMap<>();

    /** Reads the import maps of the class path. */
    public Page() throws IOException {
        modules = modules();
    }

    /** Answers with the file of the request's path, or with 304 when the browser has it. */
    public void serve(Exchange exchange) {
        Message message = exchange.getMessage();
        String path = message.getHeader(Exchange.HTTP_URI, "", String.class).split("\\?", 2)[0];
        String known = message.getHeader("If-None-Match", "", String.class);
        boolean compressed =
                message.getHeader("Accept-Encoding", "", String.class).contains("gzip");
        Asset asset = assets.computeIfAbsent(path, this::find)
                .orElseThrow(() -> new ApiException(404, "The page has no such file."));
        message.removeHeaders("*");
        message.setHeader("ETag", asset.tag());
        message.setHeader("Vary", "Accept-Encoding");
        if (known.equals(asset.tag())) {
            message.setHeader(Exchange.HTTP_RESPONSE_CODE, 304);
            message.setBody(null);
            return;
        }
        message.setHeader(Exchange.CONTENT_TYPE, asset.type());
        if (compressed) {
            message.setHeader(Exchange.CONTENT_ENCODING, "gzip");
        }
        message.setBody(compressed ? asset.compressed() : asset.plain());
    }

    private Optional<Asset> find(String path) {
        if (path.equals("/")) {
            return asset("web/index.html");
        }
        if (modules.containsValue(path)) {
            return asset("META-INF/resources/" + path.substring(LIBRARIES.length()));
        }
        String name = path.substring(Math.min(path.length(), ASSETS.length()));
        return OWN.matcher(name).matches() ? asset("web/" + name) : Optional.empty();
    }

    private Optional<Asset> asset(String resource) {
        try (InputStream stream = Page.class.getClassLoader().getResourceAsStream(resource)) {
            if (stream == null) {
                return Optional.empty();
            }
            String type = resource.substring(resource.lastIndexOf('.') + 1);
            byte[] bytes = type.equals("js") ? withPaths(stream.readAllBytes()) : stream.readAllBytes();
            return Optional.of(new Asset(bytes, compressed(bytes), TYPES.getOrDefault(type, ""), tag(bytes)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] withPaths(byte[] script) {
        return IMPORT.matcher(new String(script, StandardCharsets.UTF_8))
                .replaceAll(this::withPath)
                .getBytes(StandardCharsets.UTF_8);
    }

    private String withPath(MatchResult found) {
        String path = modules.getOrDefault(found.group(3), found.group(3));
        return Matcher.quoteReplacement(found.group(1) + found.group(2) + path + found.group(2));
    }

    private static byte[] compressed(byte[] bytes) throws IOException {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(target)) {
            gzip.write(bytes);
        }
        return target.toByteArray();
    }

    private static String tag(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return "\"%x-%x\"".formatted(bytes.length, sum.getValue());
    }

    private static Map<String, String> modules() throws IOException {
        ObjectMapper json = Json.mapper();
        Map<String, String> modules = new HashMap<>();
        for (URL map : Collections.list(Page.class.getClassLoader().getResources("META-INF/importmap.json"))) {
            try (InputStream stream = map.openStream()) {
                for (Map.Entry<String, JsonNode> entry :
                        json.readTree(stream).path("imports").properties()) {
                    if (!entry.getKey().endsWith("/")) {
                        modules.put(
                                entry.getKey(),
                                LIBRARIES + entry.getValue().asText().substring(1));
                    }
                }
            }
        }
        return Map.copyOf(modules);
    }
}
