package com.bytefreezer.connector.control;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Json;
import com.bytefreezer.connector.text.Names;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The tenants and datasets of the account, from the control plane (docs/contracts.md). Ignores unneeded fields. Safe
 * for use by several threads.
 */
public final class Account {
    private static final ObjectMapper JSON = Json.mapper();
    /** The control plane has no pages; its other clients ask for this many too. */
    private static final int LIMIT = 1000;

    private final Settings settings;

    public Account(Settings settings) {
        this.settings = settings;
    }

    /** A tenant. */
    public record Tenant(String id, String name, boolean active) {}

    /** A dataset. */
    public record Dataset(String id, String name, boolean active, boolean testing) {}

    /**
     * The result of a call.
     *
     * @param total how many exist, which may be more than the answer contains
     * @param leftOut how many in the answer have an id that cannot be a name
     */
    public record Items<T>(List<T> items, int total, int leftOut) {
        /** Notes about missing entries. */
        public List<String> notes(String what) {
            int given = items.size() + leftOut;
            return Stream.of(
                            total > given
                                    ? "%s: the control plane returned %d of %d.".formatted(what, given, total)
                                    : "",
                            leftOut > 0
                                    ? "%s: %d left out, because their ids are not valid names.".formatted(what, leftOut)
                                    : "")
                    .filter(note -> !note.isEmpty())
                    .toList();
        }
    }

    /** The address for the list of tenants. */
    public String tenantsUrl() {
        return url("accounts/%s/tenants", settings.text("control.account-id"));
    }

    /** The address for the list of a tenant's datasets. */
    public String datasetsUrl(@Variable("tenant") String tenant) {
        return url("tenants/%s/datasets", tenant);
    }

    /**
     * Reads the answer with the tenants.
     *
     * @throws ConnectorException for any other answer
     */
    public Items<Tenant> tenants(@Header(Exchange.HTTP_RESPONSE_CODE) int status, @Body @Nullable String body) {
        return read(
                "tenants of account " + settings.text("control.account-id"),
                status,
                body,
                item -> new Tenant(id(item), name(item), isActive(item)));
    }

    /**
     * Reads the answer with the datasets of a tenant.
     *
     * @throws ConnectorException for any other answer
     */
    public Items<Dataset> datasets(
            @Variable("tenant") String tenant,
            @Header(Exchange.HTTP_RESPONSE_CODE) int status,
            @Body @Nullable String body) {
        return read(
                "datasets of tenant " + tenant,
                status,
                body,
                item -> new Dataset(
                        id(item),
                        name(item),
                        isActive(item),
                        item.path("testing").asBoolean()));
    }

    /** The control plane did not answer. */
    public void noAnswer(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception failure) {
        String control = settings.text("control.url");
        throw new ConnectorException(
                "control plane %s: no answer (%s). Check control.url.".formatted(control, failure.getMessage()),
                failure);
    }

    private <T> Items<T> read(String what, int status, @Nullable String body, Function<JsonNode, T> reader) {
        if (status != 200) {
            throw failure(what, "%d%s. %s".formatted(status, LakeCredentials.reason(body), advice(status)), null);
        }
        try {
            JsonNode answer = JSON.readTree(body == null ? "" : body);
            if (!answer.isObject()) {
                throw failure(what, "the answer is not a JSON object. Check control.url.", null);
            }
            List<T> items = new ArrayList<>();
            answer.path("items").forEach(item -> {
                if (Names.isOfDataset(id(item))) {
                    items.add(reader.apply(item));
                }
            });
            int given = answer.path("items").size();
            return new Items<>(items, answer.path("total").asInt(given), given - items.size());
        } catch (JsonProcessingException e) {
            throw failure(what, "the answer is not JSON. Check control.url.", e);
        }
    }

    private ConnectorException failure(String what, String problem, @Nullable Throwable cause) {
        return new ConnectorException(
                "control plane %s, %s: %s".formatted(settings.text("control.url"), what, problem), cause);
    }

    private String url(String path, String id) {
        return ControlUrl.of(
                settings, "/api/v1/%s?limit=%d".formatted(path.formatted(LakeCredentials.escaped(id)), LIMIT));
    }

    private static String advice(int status) {
        return switch (status) {
            case 401 -> "Check control.api-key.";
            case 403 -> "Check that the key may read this account, and control.account-id.";
            case 404 -> "Check control.url and control.account-id.";
            default -> "Try again later.";
        };
    }

    private static String id(JsonNode item) {
        return item.path("id").asText("");
    }

    private static String name(JsonNode item) {
        return item.path("name").asText(id(item));
    }

    private static boolean isActive(JsonNode item) {
        return item.path("active").asBoolean(true);
    }
}
