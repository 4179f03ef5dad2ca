package com.bytefreezer.connector.http;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The page's files, from the class path: all of {@code web/}, and the library modules named by an {@code
 * importmap.json} in the jar of a JavaScript package. The set is fixed at the start. Browsers accept only inline import
 * maps, which the page's content security policy forbids, so package names in imports become paths here. Safe for use
 * by several threads.
 */
final class Page {
    private static final String ASSETS = "/assets/";
    /** Their paths contain the version, so a browser may cache them. */
    private static final String LIBRARIES = "/assets/lib/";

    private static final String OWN = "web/";
    private static final String START = OWN + "index.html";

    /** The name of a package in a script, after the word. */
    private static final Map<String, Pattern> IMPORTS = Stream.of("from", "import")
            .collect(Collectors.toMap(
                    word -> word, word -> Pattern.compile("\\b" + word + "\\s*([\"'])(?<name>[@a-z][^\"']*)\\1")));

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** What a module needs before it runs; {@code import(…)} is not part of it. */
    private static final Pattern NEEDED = Pattern.compile("\\bfrom\\s*[\"']((?:\\./|/assets/)[\\w./-]+)[\"']");

    private static final Pattern SCRIPT = Pattern.compile("<script type=\"module\"[^>]* src=\"([^\"]+)\"");

    private final Map<String, String> modules;
    private final Map<String, String> scripts = new HashMap<>();
    private final Map<String, Asset> assets = new HashMap<>();

    /** Of this process, read once. */
    private static final class OfProcess {
        private static final Page PAGE = read();

        private static Page read() {
            try {
                return new Page();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** All servers of this process share it. */
    static Page ofProcess() {
        return OfProcess.PAGE;
    }

    private Page() throws IOException {
        modules = modules();
        List<String> own = own();
        for (String name : own) {
            if (!name.equals(START)) {
                add(ASSETS + name.substring(OWN.length()), name, bytes(name), "no-cache");
            }
        }
        for (String path : modules.values()) {
            String name = "META-INF/resources/" + path.substring(LIBRARIES.length());
            add(path, name, bytes(name), "private, max-age=31536000, immutable");
        }
        add("/", START, withPreloads(bytes(START)), "no-cache");
    }

    /** All files, by path. */
    Map<String, Asset> assets() {
        return Map.copyOf(assets);
    }

    private void add(String path, String resource, byte[] bytes, String caching) throws IOException {
        String type = resource.substring(resource.lastIndexOf('.') + 1);
        byte[] served = bytes;
        if (type.equals("js")) {
            String script = withPaths(bytes);
            scripts.put(path, script);
            served = script.getBytes(StandardCharsets.UTF_8);
        }
        assets.put(path, Asset.of(served, Objects.requireNonNull(TYPES.get(type), resource), caching));
    }

    private static byte[] bytes(String resource) throws IOException {
        try (InputStream stream = Page.class.getClassLoader().getResourceAsStream(resource)) {
            return Objects.requireNonNull(stream, resource).readAllBytes();
        }
    }

    /**
     * Names all modules that the page's scripts need: otherwise the browser finds them one level of imports after the other. Those of the
     * first script come first: what it asks the API would wait behind the others, because a browser opens only six connections.
     */
    private byte[] withPreloads(byte[] start) {
        String html = new String(start, StandardCharsets.UTF_8);
        Set<String> needed = new LinkedHashSet<>();
        StringBuilder links = new StringBuilder();
        for (MatchResult script : SCRIPT.matcher(html).results().toList()) {
            Set<String> before = Set.copyOf(needed);
            need(script.group(1), needed);
            String priority = before.isEmpty() ? "high" : "low";
            needed.stream()
                    .filter(path -> !before.contains(path))
                    .map(path ->
                            "<link rel=\"modulepreload\" fetchpriority=\"%s\" href=\"%s\">\n".formatted(priority, path))
                    .forEach(links::append);
        }
        return html.replace("</head>", links + "</head>").getBytes(StandardCharsets.UTF_8);
    }

    private void need(String path, Set<String> needed) {
        if (needed.add(path)) {
            NEEDED.matcher(scripts.getOrDefault(path, ""))
                    .results()
                    .forEach(one -> need(URI.create(path).resolve(one.group(1)).toString(), needed));
        }
    }

    /** The names of the files in {@code web/}, a folder or a part of a jar. */
    private static List<String> own() throws IOException {
        URL start = Objects.requireNonNull(Page.class.getClassLoader().getResource(START));
        if (start.openConnection() instanceof JarURLConnection jar) {
            return jar.getJarFile().stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.startsWith(OWN) && !name.endsWith("/"))
                    .toList();
        }
        try (Stream<Path> files =
                Files.list(Path.of(URI.create(start.toString())).resolveSibling(""))) {
            return files.map(file -> OWN + file.getFileName()).toList();
        }
    }

    private String withPaths(byte[] bytes) {
        String script = new String(bytes, StandardCharsets.UTF_8);
        for (Map.Entry<String, Pattern> one : IMPORTS.entrySet()) {
            script = withPaths(script, one.getKey(), one.getValue());
        }
        return script;
    }

    /** Finds the word first: a pattern tried at each of a million characters is a large part of a start. */
    private String withPaths(String script, String word, Pattern pattern) {
        StringBuilder all = new StringBuilder(script.length());
        Matcher imported = pattern.matcher(script).useTransparentBounds(true);
        int done = 0;
        for (int at = script.indexOf(word); at >= 0; at = script.indexOf(word, at + 1)) {
            if (imported.region(at, script.length()).lookingAt()) {
                String name = imported.group("name");
                all.append(script, done, imported.start("name")).append(modules.getOrDefault(name, name));
                done = imported.end("name");
            }
        }
        return all.append(script, done, script.length()).toString();
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
