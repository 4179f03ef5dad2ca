package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Destinations.Check;
import com.bytefreezer.connector.config.Destination;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.RequestHeaders;
import com.bytefreezer.connector.destination.kafka.KafkaClients;
import com.bytefreezer.connector.net.HostNames;
import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.net.WholeAnswers;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.apache.camel.CamelContext;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;

/** Asks a destination, in its own way, whether it is there and takes the login, without writing anything. Used once. */
final class Checks {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LONGEST_ANSWER = 100_000;
    private static final ObjectMapper JSON = Json.mapper();
    private static final Set<String> OWN_WAY = Set.of("elasticsearch", "splunk", "kafka", "file", "stdout");

    private final Settings settings;
    private final CamelContext camel;
    private String prefix = "";

    /** @param settings those of the destination are in force */
    Checks(Settings settings, CamelContext camel) {
        this.settings = settings;
        this.camel = camel;
    }

    /** Whether anything can be found out about it. */
    static boolean canCheck(Destination destination) {
        return OWN_WAY.contains(destination.name())
                || destination.settings().stream()
                        .anyMatch(setting -> setting.shortName().equals("url"));
    }

    Check check(Destination destination) {
        prefix = "destination." + destination.name() + ".";
        try {
            return switch (destination.name()) {
                case "elasticsearch" -> elasticsearch();
                case "splunk" -> splunk();
                case "kafka" -> kafka();
                case "file" -> folder();
                case "stdout" -> new Check("ok", "Standard output is always there.");
                default ->
                    canCheck(destination)
                            ? connection()
                            : new Check("unknown", "Nothing can be found out without a record. Send the test record.");
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed("the check was interrupted");
        } catch (IOException e) {
            return failed(Failures.describe(e));
        } catch (IllegalArgumentException e) {
            return failed("%surl is no URL".formatted(prefix));
        }
    }

    private static Check failed(String what) {
        return new Check("failed", what + ". Check the address, the network and the certificates.");
    }

    private Check elasticsearch() throws IOException {
        ClassicHttpRequest request = new HttpGet(uri(url() + "/"));
        if (!setting("api-key").isEmpty()) {
            request.setHeader("Authorization", "ApiKey " + setting("api-key"));
        } else if (!setting("username").isEmpty()) {
            request.setHeader("Authorization", RequestHeaders.basic(setting("username"), setting("password")));
        }
        Answer answer = ask(request);
        return switch (answer.status()) {
            case 200 -> isElasticsearch(answer.body());
            case 401 -> new Check("failed", "401: the login is refused. Check username and password, or api-key.");
            case 403 ->
                new Check(
                        "unknown",
                        "It is there and knows the login, which may not ask for the cluster. Send the test record.");
            default -> new Check("failed", "%d instead of 200. Check url.".formatted(answer.status()));
        };
    }

    private static Check isElasticsearch(String body) {
        String version = json(body).at("/version/number").asText("");
        return version.isEmpty()
                ? new Check("failed", "Something answers that is no Elasticsearch. Check url.")
                : new Check("ok", "Elasticsearch %s answers and takes the login.".formatted(version));
    }

    private Check splunk() throws IOException {
        Answer health = ask(new HttpGet(uri(url() + "/services/collector/health")));
        if (health.status() != 200) {
            return new Check(
                    "failed",
                    "The collector's health is %d%s. Check url, and that the collector is enabled."
                            .formatted(health.status(), words(health.body())));
        }
        // Without an event it only looks at the token.
        ClassicHttpRequest noEvent = new HttpPost(uri(url() + "/services/collector/event"));
        noEvent.setHeader("Authorization", "Splunk " + setting("token"));
        noEvent.setEntity(new StringEntity(""));
        Answer token = ask(noEvent);
        return switch (token.status()) {
            case 400 -> new Check("ok", "The collector is healthy and takes the token.");
            case 401, 403 -> new Check("failed", "%d%s. Check token.".formatted(token.status(), words(token.body())));
            default ->
                new Check(
                        "unknown",
                        "The collector is healthy, but says %d%s to the token. Send the test record."
                                .formatted(token.status(), words(token.body())));
        };
    }

    private static String words(String body) {
        String text = json(body).path("text").asText("");
        return text.isEmpty() ? "" : " (" + text + ")";
    }

    private static JsonNode json(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return JSON.missingNode();
        }
    }

    private Check kafka() throws InterruptedException {
        Properties properties = new Properties();
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, setting("brokers"));
        properties.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, orElse("security-protocol", "PLAINTEXT"));
        properties.put(SaslConfigs.SASL_MECHANISM, orElse("sasl-mechanism", "PLAIN"));
        properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 4);
        properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 2);
        KafkaClients clients = new KafkaClients();
        clients.setUsername(setting("username"));
        clients.setPassword(setting("password"));
        clients.setCaFile(setting("ca-file"));
        clients.setCertificateFile(setting("certificate-file"));
        clients.setKeyFile(setting("key-file"));
        clients.setKeyPassword(setting("key-password"));
        clients.secure(properties);
        String topic = setting("topic");
        try (Admin admin = Admin.create(properties)) {
            TopicDescription found = admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .get(topic);
            int partitions = Objects.requireNonNull(found).partitions().size();
            return new Check("ok", "The brokers answer; topic %s has %d partitions.".formatted(topic, partitions));
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            return new Check(
                    "failed",
                    "%s. Check brokers, topic, security-protocol and the login.".formatted(Failures.describe(e)));
        }
    }

    private Check folder() {
        Path folder = Path.of(setting("folder")).toAbsolutePath().normalize();
        Path there = folder;
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        boolean writable = there != null && Files.isDirectory(there) && Files.isWritable(there);
        return writable
                ? new Check(
                        "ok",
                        folder.equals(there)
                                ? "The folder %s can be written.".formatted(folder)
                                : "The folder %s can be made.".formatted(folder))
                : new Check(
                        "failed",
                        "%s cannot be written. Choose another folder, or change who may write.".formatted(there));
    }

    /** As far as the connection: what a webhook does with a request nobody knows. */
    private Check connection() throws IOException {
        URI url = uri(url());
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        String host = HostNames.of(url);
        if (host == null) {
            throw new IllegalArgumentException(url.toString());
        }
        String proxy = setting("proxy-host");
        boolean viaProxy = !proxy.isEmpty();
        int port = HostNames.port(url) > 0 ? HostNames.port(url) : secure ? 443 : 80;
        InetSocketAddress address = viaProxy
                ? new InetSocketAddress(proxy, Integer.parseInt(orElse("proxy-port", "3128")))
                : new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            return failed("unknown host " + address.getHostString());
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, (int) PATIENCE.toMillis());
            if (viaProxy) {
                return new Check("unknown", "The proxy answers. Only the test record shows what is behind it.");
            }
            if (secure) {
                handshake(socket, host, port);
            }
        }
        return new Check(
                "ok",
                "%s answers%s. Only the test record shows whether it takes records."
                        .formatted(Failures.host(url.toString()), secure ? " and its certificate is trusted" : ""));
    }

    private void handshake(Socket socket, String host, int port) throws IOException {
        socket.setSoTimeout((int) PATIENCE.toMillis());
        try (SSLSocket secured =
                (SSLSocket) tls().createSSLContext(camel).getSocketFactory().createSocket(socket, host, port, true)) {
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
        }
    }

    private record Answer(int status, String body) {}

    private Answer ask(ClassicHttpRequest request) throws IOException {
        int proxyPort = Integer.parseInt(orElse("proxy-port", "3128"));
        TlsSocketStrategy secure = new DefaultClientTlsStrategy(tls().createSSLContext(camel));
        try (CloseableHttpClient client = WholeAnswers.client(secure, PATIENCE, 1, setting("proxy-host"), proxyPort)) {
            return client.execute(
                    request,
                    answer -> new Answer(
                            answer.getCode(),
                            answer.getEntity() == null
                                    ? ""
                                    : EntityUtils.toString(answer.getEntity(), LONGEST_ANSWER)));
        }
    }

    private Tls tls() {
        Tls tls = new Tls();
        tls.setCaFile(setting("ca-file"));
        tls.setCertificateFile(setting("certificate-file"));
        tls.setKeyFile(setting("key-file"));
        tls.setKeyPassword(setting("key-password"));
        return tls;
    }

    /** The first of several nodes. */
    private String url() {
        // What stands for the names of datasets is in its path.
        return setting("url").split(",", 2)[0].strip().replaceFirst("\\{.*", "").replaceFirst("/+$", "");
    }

    private static URI uri(String text) {
        URI uri = URI.create(text);
        if (uri.getScheme() == null || !List.of("http", "https").contains(uri.getScheme())) {
            throw new IllegalArgumentException(text);
        }
        return uri;
    }

    private String setting(String name) {
        return settings.optional(prefix + name).orElse("");
    }

    private String orElse(String name, String otherwise) {
        return Optional.of(setting(name)).filter(value -> !value.isEmpty()).orElse(otherwise);
    }
}
