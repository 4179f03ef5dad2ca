package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.destination.kafka.KafkaClients;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.kit.Request;
import com.bytefreezer.connector.kit.ScriptedServer;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a text setting of a destination holds arrives as it is: Camel evaluates none of it. */
@Tag("slow")
class SettingTextsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What Camel, URIs, JSON, JAAS or HTTP would make something of. */
    static final List<String> NASTY = List.of(
            "resource:file:%2fetc%2fpasswd",
            "resource:classpath:application.properties",
            "#bean:settings",
            "#settings",
            "#class:java.lang.Object",
            "#type:java.lang.String",
            "#autowired",
            "#property:server.port",
            "#valueAs(int):5",
            "ref:settings",
            "RAW(a)",
            "RAW{a}",
            "{{env:HOME}}",
            "{{server.port}}",
            "a{{b",
            "a}}b",
            "{{?x}}",
            "${body}",
            "$simple{body}",
            "${env.HOME}",
            "a+b",
            "a%20b",
            "100%",
            "a&skipTlsVerify=true",
            "R&D?x=1#y",
            "C:\\logs\\x",
            "a\\",
            "a\\\\",
            "ab\\c",
            "'",
            "\"",
            "it's \"it\"",
            "\u20ac\u00e4\u65e5\ud83d\ude00",
            "null",
            "007",
            "1e5",
            "a,b",
            "a;b=c",
            "(?i)<>|^`~*");

    /** How the requests of each destination begin. */
    private static final Map<String, String> PATHS =
            Map.of("webhook", "/in", "splunk", "/services/collector", "elasticsearch", "/_bulk");

    private final ScriptedServer server = ScriptedServer.start();

    @TempDir
    private Path folder;

    @BeforeEach
    void answer() {
        server.replyWhen(
                request -> request.path().startsWith(PATHS.get("splunk")),
                Reply.of(200, "{\"text\":\"Success\",\"code\":0}"));
        server.replyWhen(
                request -> request.path().startsWith(PATHS.get("elasticsearch")),
                Reply.of(200, "{\"took\":1,\"errors\":false,\"items\":[{\"create\":{\"status\":201}}]}"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Where the value of a setting arrives. */
    private static final Map<String, Function<Request, String>> ARRIVES = new TreeMap<>(Map.ofEntries(
            Map.entry("webhook.token", request -> after("Bearer ", request)),
            Map.entry("webhook.username", request -> basic(request)[0]),
            Map.entry("webhook.password", request -> basic(request)[1]),
            Map.entry("webhook.headers", request -> utf8(request, "X-Set")),
            Map.entry("splunk.token", request -> after("Splunk ", request)),
            Map.entry("splunk.index", request -> event(request, "index")),
            Map.entry("splunk.source", request -> event(request, "source")),
            Map.entry("splunk.sourcetype", request -> event(request, "sourcetype")),
            Map.entry("splunk.host", request -> event(request, "host")),
            Map.entry("splunk.channel", request -> utf8(request, "X-Splunk-Request-Channel")),
            Map.entry("elasticsearch.username", request -> basic(request)[0]),
            Map.entry("elasticsearch.password", request -> basic(request)[1]),
            Map.entry("elasticsearch.api-key", request -> after("ApiKey ", request)),
            Map.entry("elasticsearch.index", request -> operation(request, "_index")),
            Map.entry("elasticsearch.pipeline", request -> operation(request, "pipeline"))));

    /** Those that destinations take together in one Camel: each round gives each of them another text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "webhook.token webhook.headers splunk.token splunk.index splunk.source splunk.sourcetype splunk.host"
                        + " splunk.channel elasticsearch.username elasticsearch.password elasticsearch.index"
                        + " elasticsearch.pipeline",
                "webhook.username webhook.password elasticsearch.api-key",
            })
    void everyTextArrivesAsItIsSet(String together) throws Exception {
        List<String> names = List.of(together.split(" "));
        Set<String> types = names.stream().map(SettingTextsTest::type).collect(Collectors.toCollection(TreeSet::new));
        List<String> changed = new ArrayList<>();
        for (int round = 0; round < NASTY.size(); round++) {
            Map<String, String> texts = new TreeMap<>();
            for (String name : names) {
                String text = NASTY.get((round + names.indexOf(name)) % NASTY.size());
                texts.put(name, isPossible(name, text) ? text : "possible");
            }
            Map<String, String> given = new TreeMap<>();
            types.forEach(type -> given.putAll(minimal(type)));
            texts.forEach((name, text) ->
                    given.put("destination." + name, name.equals("webhook.headers") ? "X-Set: " + text : text));
            int before = server.requests().size();
            deliver(types, given);
            List<Request> requests = server.requests();
            texts.forEach((name, text) -> {
                String arrived = requests.stream()
                        .skip(before)
                        .filter(request -> request.path().startsWith(PATHS.get(type(name))))
                        .findFirst()
                        .map(ARRIVES.get(name))
                        .orElse("no request");
                if (!text.equals(arrived)) {
                    changed.add(name + ": " + text + " -> " + arrived);
                }
            });
        }
        assertThat(changed).isEmpty();
    }

    private static String type(String name) {
        return name.substring(0, name.indexOf('.'));
    }

    /** Basic authentication ends the name at a colon; braces in the name of an index hold a date. */
    private static boolean isPossible(String name, String text) {
        return !(name.endsWith(".username") && text.contains(":"))
                && !(name.equals("elasticsearch.index") && text.matches(".*[{}].*"));
    }

    @Test
    void theLoginOfKafkaIsTheOneThatIsSet() throws Exception {
        for (String value : NASTY) {
            Map<String, String> given = Map.of(
                    "destination.type", "kafka",
                    "destination.kafka.brokers", "127.0.0.1:1",
                    "destination.kafka.topic", "t",
                    "destination.kafka.security-protocol", "SASL_PLAINTEXT",
                    "destination.kafka.username", value,
                    "destination.kafka.password", value + "\n" + value);
            Properties client = new Properties();
            client.put("security.protocol", "SASL_PLAINTEXT");
            client.put("sasl.mechanism", "PLAIN");
            bean("kafkaClients", KafkaClients.class, given).secure(client);
            Map<String, ?> login = JaasContext.loadClientContext(Map.of(
                            SaslConfigs.SASL_JAAS_CONFIG,
                            new Password(client.getProperty(SaslConfigs.SASL_JAAS_CONFIG))))
                    .configurationEntries()
                    .get(0)
                    .getOptions();
            assertThat(login.get("username")).isEqualTo(value);
            assertThat(login.get("password")).isEqualTo(value + "\n" + value);
        }
    }

    @Test
    void filesAreWrittenIntoTheFolderThatIsSet() throws Exception {
        for (String value : NASTY) {
            Path into = folder.resolve("out").resolve(value);
            deliver(Set.of("file"), Map.of("destination.file.folder", into.toString()));
            assertThat(into).isNotEmptyDirectory();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "webhook.token=a\rb",
                "webhook.headers=no colon",
                "webhook.headers=X-A: 1\nCamelHttpUri: http://127.0.0.1:1",
                "webhook.headers=camelhttppath: x",
                "webhook.url=siem.example/in",
                "webhook.method=POST&proxyHost=evil",
                "webhook.proxy-host=evil?x",
                "webhook.format=x' == 'x",
                "splunk.url=siem.example:8088",
                "elasticsearch.url=es:9200,https://b",
                "elasticsearch.api-key=a\nb",
                "kafka.topic=t?brokers=evil",
                "kafka.compression=#bean:settings",
                "kafka.sasl-mechanism=PLAIN&brokers=evil",
            })
    void whatCannotArriveAsItIsSetStopsTheStart(String set) {
        String[] parts = set.split("=", 2);
        Map<String, String> given = new TreeMap<>(minimal(type(parts[0])));
        given.put("destination.type", type(parts[0]));
        given.put("destination." + parts[0], parts[1]);
        assertThatThrownBy(() -> settings(given))
                .hasMessageContaining("destination." + parts[0])
                .hasMessageContaining("Not started.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://siem.example?skipTlsVerify=true",
                "https://siem.example/x#y",
                "https://me:word@siem.example",
                "https:///x",
            })
    void theCollectorsAddressHasNoOptions(String url) {
        Map<String, String> given = new TreeMap<>(minimal("splunk"));
        given.put("destination.splunk.url", url);
        assertThatThrownBy(() -> deliver(Set.of("splunk"), given)).hasStackTraceContaining("Not started.");
    }

    private Map<String, String> minimal(String type) {
        String url = server.url().toString();
        return switch (type) {
            case "webhook" -> Map.of("destination.webhook.url", url + PATHS.get(type));
            case "splunk" -> Map.of("destination.splunk.url", url, "destination.splunk.token", "t");
            case "elasticsearch" ->
                Map.of("destination.elasticsearch.url", url, "destination.elasticsearch.index", "i");
            default -> Map.of("destination.kafka.brokers", "127.0.0.1:1", "destination.kafka.topic", "t");
        };
    }

    private Settings settings(Map<String, String> given) {
        Map<String, String> all = new TreeMap<>(given);
        all.put("delivery.max-retries", "0");
        all.put("shutdown.timeout-seconds", "1");
        return TestRun.settings(folder, all);
    }

    /** Delivers a record to each of these destinations. */
    private void deliver(Set<String> types, Map<String, String> given) throws Exception {
        Map<String, String> all = new TreeMap<>(given);
        all.put("destination.type", String.join(",", types));
        Settings settings = settings(all);
        Set<Path> files = new TreeSet<>();
        types.forEach(type -> files.addAll(settings.routes().deliveryFiles(type)));
        Main camel = DeliveryCamel.prepare(
                settings, files, Deliveries.ofDeadLetters(new DeadLetters(folder)), new StandardOutput());
        try {
            ProducerTemplate template = DeliveryCamel.init(camel).createProducerTemplate();
            camel.start();
            for (String type : types) {
                template.send("direct:deliver", exchange -> {
                    exchange.setVariable("tenant", "acme");
                    exchange.setVariable("dataset", "syslog");
                    exchange.setVariable("destination", type);
                    exchange.getMessage().setBody(SomeBatch.of(SomeBatch.unit("o"), 0, "{\"a\":1}"));
                });
            }
        } finally {
            camel.stop();
        }
    }

    private <T> T bean(String name, Class<T> type, Map<String, String> given) throws Exception {
        Settings settings = settings(given);
        Main camel = DeliveryCamel.prepare(
                settings,
                List.of(settings.routes().deliveryFiles("kafka").get(1)),
                Deliveries.ofDeadLetters(new DeadLetters(folder)),
                new StandardOutput());
        camel.addOverrideProperty("camel.main.autoStartup", "false");
        try {
            DeliveryCamel.init(camel);
            return camel.lookup(name, type);
        } finally {
            camel.stop();
        }
    }

    private static String utf8(Request request, String header) {
        return new String(
                request.header(header).orElse("").getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static String after(String scheme, Request request) {
        String value = utf8(request, "Authorization");
        return value.startsWith(scheme) ? value.substring(scheme.length()) : "no " + scheme + "but " + value;
    }

    private static String[] basic(Request request) {
        byte[] pair = Base64.getDecoder().decode(after("Basic ", request));
        return new String(pair, StandardCharsets.UTF_8).split(":", 2);
    }

    private static String event(Request request, String member) {
        return read(request.text(), member);
    }

    /** Of the line that says what to do with a document. */
    private static String operation(Request request, String member) {
        String line = request.text().lines().findFirst().orElse("");
        return read(line.replaceFirst("^\\{\"create\":", "").replaceFirst("}$", ""), member);
    }

    private static String read(String json, String member) {
        try {
            return JSON.readTree(json).path(member).asText();
        } catch (Exception e) {
            return e.toString();
        }
    }
}
