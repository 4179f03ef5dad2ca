package com.bytefreezer.connector.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/** An Elasticsearch node of its own, with security, that can be killed under its clients. Starts in about ten seconds. */
public final class ElasticsearchServer implements AutoCloseable {
    public static final String USER = "elastic";
    public static final String PASSWORD = "very-secret-elastic";

    /** Nobody, where the tests run as root: a node refuses that. */
    private static final String UNPRIVILEGED = "65534";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder = TestTools.temporaryDirectory("elasticsearch");
    private final Path home;
    private final URI url;
    private final byte[] arguments;
    private final HttpClient client;
    private final String heap;
    private Process process;

    /** How to start a node. */
    public static final class Builder {
        private final Map<String, String> settings = new TreeMap<>();
        private final List<Path> files = new ArrayList<>();
        private SSLContext tls;
        private String heap = "512m";

        /** One of the node's own settings. */
        public Builder with(String name, Object value) {
            settings.put(name, value.toString());
            return this;
        }

        /** How much heap the node has, as Java writes it. */
        public Builder heap(String size) {
            heap = size;
            return this;
        }

        /**
         * HTTPS.
         *
         * @param certificate PEM file of the node's certificate
         * @param key PEM file of its key
         * @param trust how this class trusts the node
         */
        public Builder secure(Path certificate, Path key, SSLContext trust) {
            tls = trust;
            files.addAll(List.of(certificate, key));
            return with("xpack.security.http.ssl.enabled", true)
                    .with("xpack.security.http.ssl.certificate", certificate.getFileName())
                    .with("xpack.security.http.ssl.key", key.getFileName());
        }

        /**
         * Clients must have a certificate.
         *
         * @param authority PEM file of the authority of theirs
         */
        public Builder askForCertificates(Path authority) {
            files.add(authority);
            return with("xpack.security.http.ssl.client_authentication", "required")
                    .with("xpack.security.http.ssl.certificate_authorities", authority.getFileName());
        }

        public ElasticsearchServer start() {
            return new ElasticsearchServer(this);
        }
    }

    public static Builder node() {
        return new Builder();
    }

    private ElasticsearchServer(Builder builder) {
        home = isRoot() ? visibleToNobody(TestTools.elasticsearch()) : TestTools.elasticsearch();
        var port = TestTools.freePort();
        heap = builder.heap;
        url = URI.create("%s://127.0.0.1:%d".formatted(builder.tls == null ? "http" : "https", port));
        var http = HttpClient.newBuilder();
        client = (builder.tls == null ? http : http.sslContext(builder.tls)).build();
        try {
            for (var name : List.of("config", "data", "logs", "tmp")) {
                Files.createDirectory(folder.resolve(name));
            }
            builder.files.add(home.resolve("config/log4j2.properties"));
            for (var file : builder.files) {
                Files.copy(file, folder.resolve("config").resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (isRoot()) {
            run(null, "chown", UNPRIVILEGED, folder.toString());
            for (var name : List.of("config", "data", "logs", "tmp")) {
                run(null, "chown", "-R", UNPRIVILEGED, folder.resolve(name).toString());
            }
        }
        arguments = arguments(builder.settings, port);
        process = startProcess();
    }

    public URI url() {
        return url;
    }

    public ProcessHandle process() {
        return process.toHandle();
    }

    /** Asks the node as its superuser. */
    public JsonNode request(String method, String path, String json) {
        try {
            return JSON.readTree(send(method, path, json).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks the node as its superuser; fails when it does not agree. */
    public JsonNode put(String path, String json) {
        return agreed("PUT", path, json);
    }

    public JsonNode post(String path, String json) {
        return agreed("POST", path, json);
    }

    public JsonNode get(String path) {
        return agreed("GET", path, "");
    }

    private JsonNode agreed(String method, String path, String json) {
        var answer = request(method, path, json);
        if (answer.has("error")) {
            throw new IllegalStateException("%s %s: %s".formatted(method, path, answer));
        }
        return answer;
    }

    /** How many documents an index, or several by a pattern, holds. */
    public long count(String index) {
        post("/" + index + "/_refresh", "");
        return get("/" + index + "/_count").path("count").asLong();
    }

    /** All documents of an index that fit into one page of 10,000. */
    public List<JsonNode> documents(String index) {
        post("/" + index + "/_refresh", "");
        var hits = get("/" + index + "/_search?size=10000").at("/hits/hits");
        return Stream.iterate(0, i -> i < hits.size(), i -> i + 1)
                .map(hits::get)
                .toList();
    }

    /** Ends the node at once; connections break, new ones are refused. */
    public void kill() {
        ChildProcesses.kill(process);
    }

    /** Starts a killed node again, on the same port and data. */
    public void restart() {
        process = startProcess();
    }

    @Override
    public void close() {
        kill();
        TestTools.deleteFolder(folder);
    }

    private byte[] arguments(Map<String, String> settings, int port) {
        var all = new TreeMap<>(Map.of(
                "cluster.name", "test",
                "node.name", "test",
                "network.host", "127.0.0.1",
                "http.port", String.valueOf(port),
                "transport.port", String.valueOf(TestTools.freePort()),
                "discovery.type", "single-node",
                "xpack.security.enabled", "true",
                "xpack.security.transport.ssl.enabled", "false",
                "secure:bootstrap.password", PASSWORD));
        all.put("path.home", home.toString());
        all.put("path.data", folder.resolve("data").toString());
        all.put("path.logs", folder.resolve("logs").toString());
        // The cheapest one: passwords are hashed at each start and login.
        all.put("xpack.security.authc.password_hashing.algorithm", "bcrypt4");
        // A disk that is nearly full would make indices read-only.
        all.put("cluster.routing.allocation.disk.threshold_enabled", "false");
        all.putAll(settings);
        var command = new ArrayList<>(List.of(
                java(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                home.resolve("lib/launcher") + File.pathSeparator + home.resolve("lib/*"),
                "NodeArguments",
                folder.toString()));
        all.forEach((name, value) -> command.add(name + "=" + value));
        return run(folder.resolve("arguments.log"), command.toArray(String[]::new));
    }

    private Process startProcess() {
        var platform = only(home.resolve("lib/platform"));
        var command = new ArrayList<String>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=" + UNPRIVILEGED, "--clear-groups"));
        }
        command.add(java());
        command.addAll(TestTools.QUICK_START);
        command.addAll(List.of(
                "-Xms" + heap,
                "-Xmx" + heap,
                // Others make the node's own memory guard answer 429 under load.
                "-XX:+UseG1GC",
                "-XX:G1ReservePercent=25",
                "-XX:InitiatingHeapOccupancyPercent=30",
                "-Djava.awt.headless=true",
                "-Djava.io.tmpdir=" + folder.resolve("tmp"),
                "-Duser.home=" + folder,
                "-Dio.netty.noUnsafe=true",
                "-Dio.netty.noKeySetOptimization=true",
                "-Dio.netty.recycler.maxCapacityPerThread=0",
                "-Dlog4j.shutdownHookEnabled=false",
                "-Dlog4j2.disable.jmx=true",
                "--enable-native-access=org.elasticsearch.nativeaccess,org.elasticsearch.foreign,org.apache.lucene.core",
                "-Des.nativelibs.path=" + platform,
                "-Djava.library.path=" + platform,
                "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",
                "-Des.entitlements.enabled=true",
                "-XX:+EnableDynamicAgentLoading",
                "-Djdk.attach.allowAttachSelf=true",
                // Beside java.base, not in it by --patch-module, with which Java does not use the archive of its own
                // classes.
                "-Xbootclasspath/a:" + only(home.resolve("lib/entitlement-bridge")),
                "--add-reads=org.elasticsearch.entitlement=ALL-UNNAMED",
                "--add-exports=org.elasticsearch.entitlement/org.elasticsearch.entitlement.initialization=ALL-UNNAMED",
                "-Des.path.home=" + home,
                "-Des.path.conf=" + folder.resolve("config"),
                "-Des.distribution.type=tar",
                "-Des.java.type=jdk",
                "-p",
                home.resolve("lib").toString(),
                "--add-modules=jdk.net,jdk.management.agent,ALL-MODULE-PATH",
                "-m",
                "org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch"));
        var builder = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectOutput(folder.resolve("console.log").toFile());
        builder.environment().put("LIBFFI_TMPDIR", folder.resolve("tmp").toString());
        builder.environment().put("ES_TMPDIR", folder.resolve("tmp").toString());
        return ChildProcesses.startServer("Elasticsearch", builder, this::takeArguments, this::isReady);
    }

    /** The same files under a name of this node's own, since nobody may not be allowed to see the cache. */
    private Path visibleToNobody(Path installed) {
        var copy = folder.resolve("node");
        // Links; another file system than the cache's takes copies.
        run(
                null,
                "sh",
                "-c",
                "cp -al \"$0\" \"$1\" 2>/dev/null || { rm -rf \"$1\"; cp -a \"$0\" \"$1\"; }",
                installed.toString(),
                copy.toString());
        return copy;
    }

    private void takeArguments(Process started) {
        try {
            // Left open: the node stops at its end.
            var input = started.getOutputStream();
            input.write(arguments);
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isReady() {
        try {
            // Yellow: every index there is can be written to.
            var health = send("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s", "");
            return health.statusCode() == 200;
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    private java.net.http.HttpResponse<String> send(String method, String path, String json) {
        var pair = Base64.getEncoder().encodeToString((USER + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        var request = HttpRequest.newBuilder(URI.create(url + path))
                .method(method, json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json))
                .header("Authorization", "Basic " + pair)
                .header("Content-Type", "application/json")
                .build();
        try {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String java() {
        return home.resolve("jdk/bin/java").toString();
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static Path only(Path folder) {
        try (var files = Files.list(folder)) {
            return files.findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the command prints. */
    private static byte[] run(Path errors, String... command) {
        var builder = new ProcessBuilder(command);
        if (errors != null) {
            builder.redirectError(errors.toFile());
        } else {
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        var process = ChildProcesses.start(builder);
        try {
            var output = process.getInputStream().readAllBytes();
            if (process.waitFor() != 0) {
                throw new IllegalStateException(
                        "%s ended with %d".formatted(String.join(" ", command), process.exitValue()));
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
