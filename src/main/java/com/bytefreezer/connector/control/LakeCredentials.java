package com.bytefreezer.connector.control;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Credentials.Keys;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.signs.Neighbour;
import com.bytefreezer.connector.signs.Signs;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Names;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials of a dataset's bucket, from the settings {@code s3.*} or the control plane's answer to {@code
 * query-credentials} (docs/contracts.md, The control plane). Remembers the last good answer, so that an export
 * continues while the control plane is down; logs this once, and once that it is back. Safe for use by several threads.
 */
public final class LakeCredentials {
    private static final Logger LOG = LoggerFactory.getLogger(LakeCredentials.class);
    private static final ObjectMapper JSON = Json.mapper();
    /** A control plane that hangs takes at most a tenth of the time of an export that has credentials. */
    private static final int PAUSE_PER_WAIT = 10;

    private final Settings settings;
    private final Secrets secrets;
    private final Signs signs;
    private final Map<DatasetName, Credentials> known = new ConcurrentHashMap<>();
    /** The start of the latest call for each dataset. */
    private final Map<DatasetName, Long> askedAt = new ConcurrentHashMap<>();
    /** Datasets for which the control plane has failed since its last good answer. */
    private final Map<DatasetName, Long> askAgainAt = new ConcurrentHashMap<>();
    /** The latest path of each dataset that is not read; logged when it changes. */
    private final Map<DatasetName, String> strangePaths = new ConcurrentHashMap<>();

    public LakeCredentials(Settings settings, Secrets secrets) {
        this(settings, secrets, new Signs());
    }

    /** @param signs receive the state of the control plane */
    public LakeCredentials(Settings settings, Secrets secrets, Signs signs) {
        this.signs = signs;
        this.settings = settings;
        this.secrets = secrets;
    }

    /**
     * The result of the route {@code direct:credentials} for a dataset; null for a local folder.
     *
     * @throws ConnectorException if there are none
     */
    public static @Nullable Credentials ask(CamelContext routes, String tenant, String dataset) {
        Exchange answer;
        try (ProducerTemplate template = routes.createProducerTemplate()) {
            answer = template.request("direct:credentials", exchange -> {
                exchange.setVariable("tenant", tenant);
                exchange.setVariable("dataset", dataset);
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (answer.getException() != null) {
            throw Failures.known(answer.getException());
        }
        return answer.getMessage().getBody() instanceof Credentials credentials ? credentials : null;
    }

    /** Forgets a dataset that no lane exports any more. */
    public void forget(String tenant, String dataset) {
        DatasetName key = new DatasetName(tenant, dataset);
        Stream.of(known, askedAt, askAgainAt, strangePaths).forEach(map -> map.remove(key));
    }

    /** Whether the lake is a local folder. */
    public boolean areNotNeeded() {
        return Lake.isLocal(settings);
    }

    /** Whether the settings {@code s3.*} name the bucket. */
    public boolean areConfigured() {
        return settings.optional("s3.bucket").isPresent();
    }

    /** Whether there is a control plane, which may be asked also for tenants and datasets. */
    public boolean mayComeFromControl() {
        return settings.optional("control.url").isPresent();
    }

    /** The bucket of the settings {@code s3.*}, which overrides the control plane's. */
    public Credentials fromSettings() {
        return ofBucket(settings.text("s3.bucket"));
    }

    /** The keys of the settings {@code s3.*}, for a bucket of this name. */
    public Credentials ofBucket(String bucket) {
        return Credentials.of(
                bucket,
                endpoint(settings.optional("s3.endpoint").orElse("")),
                settings.isTrue("s3.use-ssl"),
                settings.optional("s3.region").orElse(""),
                keys("s3.access-key", "s3.secret-key", "s3.session-token"),
                null);
    }

    /** The bucket of {@code s3source.*}; if these name neither a server nor keys, with those of {@code s3.*}. */
    public Credentials ofSource() {
        String bucket = settings.text("s3source.bucket");
        Optional<String> endpoint = settings.optional("s3source.endpoint");
        Optional<String> region = settings.optional("s3source.region");
        Keys keys = keys("s3source.access-key", "s3source.secret-key", "");
        return endpoint.isEmpty() && region.isEmpty() && keys == null
                ? ofBucket(bucket)
                : Credentials.of(
                        bucket,
                        endpoint(endpoint.orElse("")),
                        settings.isTrue("s3source.use-ssl"),
                        region.orElse(""),
                        keys,
                        null);
    }

    /** By the names of settings. */
    private @Nullable Keys keys(String accessKey, String secretKey, String sessionToken) {
        return settings.optional(accessKey)
                .map(key -> new Keys(
                        key,
                        settings.text(secretKey),
                        settings.optional(sessionToken).orElse(null)))
                .orElse(null);
    }

    /**
     * The known credentials, if the last call failed less than ten times its own duration ago; the control plane is not
     * asked again before that. Otherwise null.
     */
    public @Nullable Credentials meanwhile(@Variable("tenant") String tenant, @Variable("dataset") String dataset) {
        DatasetName key = new DatasetName(tenant, dataset);
        Long again = askAgainAt.get(key);
        return again == null || System.nanoTime() - again >= 0 ? null : known.get(key);
    }

    /**
     * The control plane's address for the credentials of this dataset. Notes that the call starts now.
     *
     * @throws ConnectorException if these are not valid names, which could lead elsewhere
     */
    public String url(@Variable("tenant") String tenant, @Variable("dataset") String dataset) {
        if (!Names.isOfDataset(tenant) || !Names.isOfDataset(dataset)) {
            throw new ConnectorException("dataset %s/%s: not valid names of a tenant and a dataset. Nothing was read."
                    .formatted(tenant, dataset));
        }
        DatasetName key = new DatasetName(tenant, dataset);
        askedAt.put(key, System.nanoTime());
        signs.begin(Neighbour.CONTROL, key.toString());
        return ControlUrl.of(
                settings,
                "/api/v1/tenants/%s/datasets/%s/query-credentials".formatted(escaped(tenant), escaped(dataset)));
    }

    /**
     * Reads the control plane's answer.
     *
     * @throws ConnectorException in one line for any other answer, if no earlier one is known
     */
    public Credentials fromAnswer(
            @Variable("tenant") String tenant,
            @Variable("dataset") String dataset,
            @Header(Exchange.HTTP_RESPONSE_CODE) int status,
            @Body String body) {
        DatasetName key = new DatasetName(tenant, dataset);
        signs.end(Neighbour.CONTROL, key.toString());
        if (status < 500) {
            signs.works(Neighbour.CONTROL);
        }
        if (status != 200) {
            return orKnown(key, kind(status), "%d%s. %s".formatted(status, reason(body), advice(status)), null);
        }
        try {
            JsonNode answer = JSON.readTree(body);
            if (answer == null || answer.path("bucket").asText("").isBlank()) {
                return orKnown(key, Kind.OTHER, "the answer has no bucket. Check the dataset's destination.", null);
            }
            if (answer.path("access_key").asText("").isBlank()
                    != answer.path("secret_key").asText("").isBlank()) {
                return orKnown(
                        key, Kind.OTHER, "the answer has only half of a key. Check the dataset's destination.", null);
            }
            Credentials credentials = read(answer, path(answer, key));
            known.put(key, credentials);
            if (askAgainAt.remove(key) != null) {
                LOG.info(
                        "control plane {}, dataset {}: it provides the credentials again.",
                        settings.text("control.url"),
                        key);
            }
            return credentials;
        } catch (JsonProcessingException e) {
            return orKnown(key, Kind.OTHER, "the answer is not JSON. Check control.url.", e);
        } catch (IllegalArgumentException e) {
            return orKnown(
                    key,
                    Kind.OTHER,
                    "the endpoint in the answer is not an address. Check the dataset's destination.",
                    e);
        }
    }

    /** Handles a call without an answer. */
    public Credentials withoutAnswer(
            @Variable("tenant") String tenant,
            @Variable("dataset") String dataset,
            @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        if (failure instanceof ConnectorException known) {
            // There was an answer, and its problem is reported already.
            throw known;
        }
        DatasetName key = new DatasetName(tenant, dataset);
        signs.end(Neighbour.CONTROL, key.toString());
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return orKnown(
                key,
                Kind.UNREACHABLE,
                "no answer (%s). Check control.url and the network.".formatted(message),
                failure);
    }

    /** Only a folder of this dataset, because the user's SQL can read its content. */
    private @Nullable String path(JsonNode answer, DatasetName of) {
        String path = answer.path("path").asText("");
        if (path.isBlank() || Lake.isOf(path, of.tenant(), of.dataset())) {
            return path.isBlank() ? null : path;
        }
        if (!path.equals(strangePaths.put(of, path))) {
            LOG.warn(
                    "control plane {}, dataset {}: its path \"{}\" is not a folder below the tenant and the dataset, and is ignored. Check the dataset's destination.",
                    settings.text("control.url"),
                    of,
                    path);
        }
        return null;
    }

    /** Without a setting, the endpoint of the AWS tools, so that listing and reading use the same one. */
    private String endpoint(String named) {
        return named.isBlank()
                ? settings.environmentVariable("AWS_ENDPOINT_URL_S3")
                        .or(() -> settings.environmentVariable("AWS_ENDPOINT_URL"))
                        .orElse("")
                : named;
    }

    private Credentials read(JsonNode answer, @Nullable String path) {
        String accessKey = answer.path("access_key").asText("");
        String secretKey = answer.path("secret_key").asText("");
        Stream.of(accessKey, secretKey).forEach(secrets::addPassing);
        return Credentials.of(
                answer.path("bucket").asText(),
                endpoint(answer.path("endpoint").asText("")),
                answer.path("use_ssl")
                        .asBoolean(answer.path("endpoint").asText("").isEmpty()),
                answer.path("region").asText(""),
                accessKey.isEmpty() ? null : new Keys(accessKey, secretKey, null),
                path);
    }

    private Credentials orKnown(DatasetName dataset, Kind kind, String problem, @Nullable Throwable cause) {
        Credentials earlier = known.get(dataset);
        String what = "control plane %s, dataset %s: %s".formatted(settings.text("control.url"), dataset, problem);
        if (kind == Kind.UNREACHABLE) {
            signs.failed(Neighbour.CONTROL, what, earlier == null);
        }
        if (earlier == null) {
            throw new ConnectorException(new Problem(kind, "", what, Problem.NOTHING_EXPORTED, ""), cause);
        }
        long now = System.nanoTime();
        long waited = now - askedAt.getOrDefault(dataset, now);
        if (askAgainAt.put(dataset, now + PAUSE_PER_WAIT * waited) == null) {
            LOG.warn("{} The export continues with the credentials it has.", what);
        }
        return earlier;
    }

    private static Kind kind(int status) {
        return status >= 500 ? Kind.UNREACHABLE : status == 401 || status == 403 ? Kind.FORBIDDEN : Kind.REFUSED;
    }

    private static String advice(int status) {
        return switch (status) {
            case 401 -> "Check control.api-key.";
            case 403 -> "Check that the key may read this account, and control.account-id.";
            case 404 -> "Check query.tenant-id and query.dataset-id.";
            case 429 -> "Too many requests; try again later.";
            default -> "Try again later; with an s3 block in the settings the control plane is not needed.";
        };
    }

    /** The server's message: from an object whose {@code error} is text or an object, plain text, or nothing. */
    static String reason(@Nullable String body) {
        if (body == null || body.isBlank()) {
            return "";
        }
        String text = body;
        try {
            JsonNode answer = JSON.readTree(body);
            JsonNode error = answer.path("error");
            if (error.isObject()) {
                text = error.path("message").asText(error.toString());
            } else if (error.isTextual()) {
                text = error.asText();
            } else if (answer.path("message").isTextual()) {
                text = answer.path("message").asText();
            }
        } catch (JsonProcessingException e) {
            // Plain text, as the middleware sends it.
        }
        return " — " + PlainText.answer(text);
    }

    static String escaped(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
