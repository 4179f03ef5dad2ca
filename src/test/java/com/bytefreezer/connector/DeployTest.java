package com.bytefreezer.connector;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Environment;
import com.bytefreezer.connector.config.FeedDefinition;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.testing.TestTools;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What lies in {@code deploy/} is right in the eyes of those who read it, and starts this connector: its settings are
 * complete and known, its paths, ports and probes are those there are.
 */
@Tag("slow")
class DeployTest {
    private static final Path DEPLOY = TestTools.projectDirectory().resolve("deploy");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{[A-Z_]+(?::[-?][^}]*)?}");
    /** An image whose tag names a version. */
    private static final String PINNED = ".+:(\\$\\{[A-Z_]+:-)?(RELEASE\\.)?\\d[^:]*";

    private static final Pattern BOLD = Pattern.compile("\\*\\*([^*]+)\\*\\*");
    private static final Pattern NAMED_TEST = Pattern.compile("`([A-Z][A-Za-z]+)\\.([a-z][A-Za-z]+)`");

    @TempDir
    private Path folder;

    @Test
    void composeStartsAWatchWithACompleteAndKnownSetOfSettings() throws Exception {
        JsonNode compose = yaml("compose/compose.yaml").get(0);
        JsonNode connector = compose.at("/services/connector");
        Map<String, String> environment = new TreeMap<>();
        connector
                .path("environment")
                .properties()
                .forEach(pair -> environment.put(
                        pair.getKey(),
                        PLACEHOLDER.matcher(pair.getValue().asText()).replaceAll("a-value-of-the-user")));
        assertThat(words(connector.path("command"))).containsExactly("--mode", "watch");
        Settings settings = settings(Mode.WATCH, environment, null);
        assertThat(settings.text("s3.endpoint")).isEqualTo("minio:9000");
        assertThat(settings.text("server.token")).isNotBlank();

        assertThat(words(connector.path("ports"))).allMatch(port -> port.endsWith(":8090"));
        // The cursor outlives the container, and the rest cannot be written to.
        assertThat(connector.path("read_only").asBoolean()).isTrue();
        assertThat(settings.text("cursor.file")).startsWith("/data/");
        assertThat(settings.deadLettersFolder()).hasParentRaw(Path.of("/data"));
        assertThat(words(connector.path("volumes"))).containsExactly("connector:/data");
        assertThat(names(compose.path("volumes"))).contains("connector", "minio");
        for (JsonNode service : compose.path("services")) {
            assertThat(names(compose.path("services"))).containsAll(names(service.path("depends_on")));
        }
        for (JsonNode service : compose.path("services")) {
            assertThat(service.path("image").asText()).matches(PINNED);
            assertThat(words(service.path("cap_drop"))).containsExactly("ALL");
            assertThat(words(service.path("security_opt"))).containsExactly("no-new-privileges:true");
            assertThat(service.path("read_only").asBoolean()).isTrue();
            assertThat(service.path("mem_limit").asText()).isNotEmpty();
        }
        String lake = words(compose.at("/services/lake/volumes")).get(0).split(":")[0];
        assertThat(DEPLOY.resolve("compose").resolve(lake)).isDirectory();
    }

    @Test
    void kubernetesStartsAWatchWithACompleteAndKnownSetOfSettings() throws Exception {
        Map<String, JsonNode> objects = new LinkedHashMap<>();
        for (JsonNode object : yaml("kubernetes/connector.yaml")) {
            objects.put(object.path("kind").asText(), object);
            assertThat(object.at("/metadata/name").asText()).isEqualTo("bytefreezer-connector");
        }
        assertThat(objects.keySet())
                .containsExactly("ConfigMap", "PersistentVolumeClaim", "Deployment", "Service", "NetworkPolicy");
        JsonNode pod = objects.get("Deployment").at("/spec/template/spec");
        JsonNode container = pod.at("/containers/0");
        Map<String, String> environment = new TreeMap<>();
        for (JsonNode variable : container.path("env")) {
            environment.put(
                    variable.path("name").asText(), variable.path("value").asText());
        }
        JsonNode files = objects.get("ConfigMap").path("data");
        Path config = Files.writeString(
                folder.resolve("config.yaml"), files.path("config.yaml").asText());
        // Nobody shall run with the token of a file that everybody knows: a Secret is made first, or the pod does not
        // start.
        JsonNode secret = container.at("/envFrom/0/secretRef");
        assertThat(secret.path("name").asText()).isEqualTo("bytefreezer-connector");
        assertThat(secret.path("optional").asBoolean()).isFalse();
        environment.put("SERVER_TOKEN", "a-token-of-the-user");
        environment.put("BYTEFREEZER_CONNECTOR_CONTROL_API_KEY", "a-key-of-the-user");
        Settings settings = settings(Mode.WATCH, environment, config);
        assertThat(settings.text("control.api-key")).isEqualTo("a-key-of-the-user");

        assertThat(container.path("image").asText()).matches(PINNED);
        assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                .isFalse();
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                .isTrue();
        assertThat(words(container.at("/securityContext/capabilities/drop"))).containsExactly("ALL");
        JsonNode policy = objects.get("NetworkPolicy").path("spec");
        assertThat(policy.at("/podSelector"))
                .isEqualTo(objects.get("Deployment").at("/spec/selector"));
        assertThat(words(policy.path("policyTypes"))).containsExactly("Ingress", "Egress");
        assertThat(policy.at("/ingress/0/from/0/podSelector/matchLabels")).isNotEmpty();
        assertThat(policy.at("/ingress/0/ports/0/port")).isEqualTo(container.at("/ports/0/name"));

        assertThat(words(container.path("args"))).containsExactly("--config=/config/config.yaml", "--mode=watch");
        Map<String, String> mounts = StreamSupport.stream(
                        container.path("volumeMounts").spliterator(), false)
                .collect(Collectors.toMap(mount -> mount.path("name").asText(), mount -> mount.path("mountPath")
                        .asText()));
        assertThat(mounts.keySet())
                .isEqualTo(StreamSupport.stream(pod.path("volumes").spliterator(), false)
                        .map(volume -> volume.path("name").asText())
                        .collect(Collectors.toSet()));
        assertThat(settings.text("cursor.file")).startsWith(mounts.get("data") + "/");
        assertThat(container.at("/ports/0/containerPort").asInt()).isEqualTo(settings.integer("server.port"));
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            assertThat(container.path(probe).at("/httpGet/port").asText()).isEqualTo("http");
        }
        assertThat(container.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/api/v1/health");
        assertThat(container.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/api/v1/ready");
        assertThat(pod.path("terminationGracePeriodSeconds").asInt())
                .isGreaterThan(settings.integer("shutdown.timeout-seconds"));
        assertThat(objects.get("Deployment").at("/spec/strategy/type").asText()).isEqualTo("Recreate");
    }

    @Test
    void theSystemdUnitStartsAWatchAndKeepsItsCursor() throws Exception {
        List<String> unit = Files.readAllLines(DEPLOY.resolve("systemd/bytefreezer-connector.service"));
        assertThat(unit)
                .contains(
                        "ExecStart=/opt/bytefreezer-connector/bytefreezer-connector"
                                + " --config /etc/bytefreezer-connector/config.yaml --mode watch",
                        "StateDirectory=bytefreezer-connector")
                .filteredOn(line -> !line.isEmpty() && !line.startsWith("#"))
                .allMatch(line -> line.matches("\\[(Unit|Service|Install)]|[A-Z][A-Za-z]+=.*"));
        Map<String, String> environment = unit.stream()
                .filter(line -> line.startsWith("Environment="))
                .map(line -> line.substring("Environment=".length()).split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        environment.put("LAKE_ROOT", "file:lake");
        environment.putAll(Map.of("QUERY_TENANT_ID", "a", "QUERY_DATASET_ID", "b", "QUERY_SQL", "FROM events"));
        Settings settings = settings(Mode.WATCH, environment, null);
        assertThat(List.of(settings.text("cursor.file"), settings.text("spool.folder")))
                .allMatch(file -> file.startsWith("/var/lib/bytefreezer-connector/"));
    }

    @Test
    void theOneBoxReceivesFromNamedNetworksAndKeepsItsSpool() throws Exception {
        JsonNode connector = yaml("one-box/compose.yaml").get(0).at("/services/connector");
        Map<String, String> environment = new TreeMap<>();
        connector
                .path("environment")
                .properties()
                .forEach(pair -> environment.put(
                        pair.getKey(),
                        PLACEHOLDER
                                .matcher(pair.getValue().asText())
                                .replaceAll(pair.getKey().endsWith("SENDERS") ? "10.0.0.0/8" : "a-value-of-the-user")));
        Settings settings = settings(Mode.WATCH, environment, null);
        assertThat(settings.feeds()).extracting(FeedDefinition::name).containsExactlyInAnyOrder("default", "syslog");
        assertThat(settings.text("spool.folder")).startsWith("/data/");
        assertThat(words(connector.path("volumes"))).containsExactly("connector:/data");
        assertThat(words(connector.path("ports"))).contains("8091:8091", "5514:5514", "5514:5514/udp");
        assertThat(connector.path("read_only").asBoolean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"compose", "one-box"})
    void theComposeFilesKeepToTheSpecificationOfCompose(String name) throws Exception {
        assertThat(python(
                        "-m",
                        "check_jsonschema",
                        "--builtin-schema",
                        "vendor.compose-spec",
                        DEPLOY.resolve(name + "/compose.yaml").toString()))
                .contains("validation done");
    }

    @Test
    void kubernetesKnowsEveryFieldOfTheManifest() throws Exception {
        String manifest = DEPLOY.resolve("kubernetes/connector.yaml").toString();
        assertThat(python("-m", "kubernetes_validate", "--strict", manifest).lines())
                .hasSize(5)
                .allMatch(line -> line.contains(" passed for resource "));
    }

    @Test
    void everyAlertFiresWhenItShouldAndNotBefore() throws Exception {
        String promtool = TestTools.checkers().resolve("promtool").toString();
        assertThat(output(new ProcessBuilder(
                        promtool,
                        "test",
                        "rules",
                        DEPLOY.resolve("prometheus/alerts.test.yaml").toString())))
                .contains("SUCCESS");
        // A set: an alert may be tested with more than one recorded series.
        Set<String> fired = yaml("prometheus/alerts.test.yaml").get(0).findParents("exp_alerts").stream()
                .map(test -> test.path("alertname").asText())
                .collect(Collectors.toSet());
        assertThat(fired)
                .containsExactlyInAnyOrderElementsOf(
                        yaml("prometheus/alerts.yaml").get(0).findValuesAsText("alert"));
    }

    @Test
    void systemdFindsNothingWrongWithTheUnit() throws Exception {
        Path unit = folder.resolve("bytefreezer-connector.service");
        Path program = Files.createFile(folder.resolve("bytefreezer-connector"));
        assertThat(program.toFile().setExecutable(true)).isTrue();
        String text = Files.readString(DEPLOY.resolve("systemd/bytefreezer-connector.service"));
        Files.writeString(unit, text.replace("/opt/bytefreezer-connector/bytefreezer-connector ", program + " "));
        String verify = TestTools.program("systemd-analyze").toString();
        assertThat(output(new ProcessBuilder(verify, "verify", unit.toString())))
                .isBlank();
    }

    @Test
    void theSystemdUnitExposesLittleAndHasALimitOfMemory() throws Exception {
        Path unit = DEPLOY.resolve("systemd/bytefreezer-connector.service");
        String analyze = TestTools.program("systemd-analyze").toString();
        // It ends with another code when the exposure is above the threshold, in tenths.
        assertThat(output(new ProcessBuilder(
                        analyze, "security", "--offline=true", "--threshold=30", "--no-pager", unit.toString())))
                .contains("Overall exposure level");
        assertThat(Files.readAllLines(unit)).anyMatch(line -> line.matches("MemoryMax=\\d+[MG]"));
    }

    @Test
    void theImagesUserCanChangeNothingOfTheProgram() throws Exception {
        List<String> image = Files.readAllLines(TestTools.projectDirectory().resolve("Dockerfile"));
        // What is made before is root's; after it nothing is made.
        int user = image.indexOf("USER connector");
        assertThat(image.subList(user, image.size())).noneMatch(line -> line.matches("(RUN|COPY|ADD) .*"));
        assertThat(image).noneMatch(line -> line.matches(".*(chown|chmod .*/app).*"));
    }

    private static String python(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment()
                .put("PYTHONPATH", TestTools.checkers().resolve("python").toString());
        return output(process);
    }

    /** What the program says, also to standard error; it must end with 0. */
    private static String output(ProcessBuilder builder) throws Exception {
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** Both pages promise a test for each row. */
    @ParameterizedTest
    @ValueSource(strings = {"docs/migrate.md", "docs/reliability.md"})
    void everyTestThatThePageNamesIsThere(String name) throws Exception {
        String page = Files.readString(TestTools.projectDirectory().resolve(name));
        Map<String, Path> classes;
        try (Stream<Path> files = Files.walk(TestTools.projectDirectory().resolve("src/test/java"))) {
            classes = files.filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""), file -> file));
        }
        List<String> missing = new ArrayList<>();
        for (var named : NAMED_TEST.matcher(page).results().toList()) {
            Path file = classes.get(named.group(1));
            if (file == null || !Files.readString(file).contains(" " + named.group(2) + "(")) {
                missing.add(named.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(page.lines().filter(line -> line.startsWith("| `") || line.startsWith("| **")))
                .isNotEmpty()
                .allMatch(row -> NAMED_TEST.matcher(row).find() || row.contains("not tested"));
    }

    @Test
    void thePageOnReliabilityHasEveryFaultOfEveryNeighbour() throws Exception {
        String page = Files.readString(TestTools.projectDirectory().resolve("docs/reliability.md"));
        List<String> faults =
                List.of("refuses", "hangs", "answers garbage", "slow", "dies in the middle", "comes back");
        List<String> neighbours =
                List.of("S3", "Control plane", "Destination", "Cursor store", "Disk", "Process", "Network");
        List<String> missing = new ArrayList<>();
        for (String neighbour : neighbours) {
            String cells = page.lines()
                    .filter(line -> line.startsWith("| " + neighbour + " |"))
                    .findFirst()
                    .orElseThrow();
            assertThat(cells.split(" \\| ", -1)).hasSize(faults.size() + 1);
            String anchor = "(#" + neighbour.toLowerCase(Locale.ROOT).replace(' ', '-') + ")";
            assertThat(cells.split(Pattern.quote(anchor), -1)).as(cells).hasSize(faults.size() + 1);
            String section = page.split("\n## " + neighbour + "\n", 2)[1].split("\n## ", 2)[0];
            String named =
                    BOLD.matcher(section).results().map(found -> found.group(1)).collect(Collectors.joining(" "));
            faults.stream()
                    .filter(fault -> !named.contains(fault))
                    .forEach(fault -> missing.add(neighbour + " " + fault));
        }
        assertThat(missing).isEmpty();
        String header = "| | " + String.join(" | ", faults) + " |";
        assertThat(page.lines()).contains(header);
        assertThat(page).doesNotContain("not tested");
    }

    private Settings settings(Mode mode, Map<String, String> environment, Path config) throws Exception {
        RouteFiles routes = RouteFiles.in(TestTools.projectDirectory().resolve("routes"));
        assertThat(Environment.unknown(environment, routes)).isEmpty();
        return Settings.load(new Settings.Sources(mode, Map.of(), environment, config, folder, routes));
    }

    private static List<JsonNode> yaml(String file) throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        try (var documents = yaml.readerFor(JsonNode.class)
                .<JsonNode>readValues(DEPLOY.resolve(file).toFile())) {
            return documents.readAll();
        }
    }

    private static List<String> words(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    private static Set<String> names(JsonNode object) {
        return object.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
    }
}
