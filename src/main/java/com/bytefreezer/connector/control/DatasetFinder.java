package com.bytefreezer.connector.control;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.Account.Dataset;
import com.bytefreezer.connector.control.Account.Items;
import com.bytefreezer.connector.control.Account.Tenant;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the datasets that match patterns, through the control plane or, without one, by the folders of the lake. Safe
 * for use by several threads.
 */
public final class DatasetFinder {
    private static final Logger LOG = LoggerFactory.getLogger(DatasetFinder.class);

    private final Settings settings;
    private final Supplier<CamelContext> routes;
    private final Account account;

    /** @param routes with {@code direct:credentials} and {@code direct:ask-control} */
    public DatasetFinder(Settings settings, Supplier<CamelContext> routes) {
        this.settings = settings;
        this.routes = routes;
        account = new Account(settings);
    }

    /** Whether there is no control plane to list the datasets. */
    public static boolean lakeTellsAll(Settings settings) {
        return Lake.isLocal(settings) || settings.optional("control.url").isEmpty();
    }

    /**
     * The datasets of a choice, including those that it names.
     *
     * @throws ConnectorException in one line, if they cannot be listed
     */
    public Lake.Found find(DatasetChoice choice) {
        Set<DatasetName> names = new LinkedHashSet<>(choice.named());
        Lake.Found found = !choice.needsListing()
                ? new Lake.Found(List.of(), "", new TreeMap<>())
                : lakeTellsAll(settings)
                        ? Lake.datasets(settings, LakeCredentials.ask(routes.get(), "", ""), Optional.of(choice))
                        : inAccount(choice);
        found.datasets().stream()
                .filter(choice::matches)
                .sorted(DatasetName.ORDER)
                .forEach(names::add);
        return new Lake.Found(List.copyOf(names), found.lookedAt(), found.unknown());
    }

    private Lake.Found inAccount(DatasetChoice choice) {
        TreeMap<String, String> unknown = new TreeMap<>();
        Set<DatasetName> names = new LinkedHashSet<>();
        for (String tenant :
                choice.tenants().map(all -> (Collection<String>) all).orElseGet(this::tenants)) {
            if (!choice.matchesTenant(tenant)) {
                continue;
            }
            try {
                Items<Dataset> datasets = ask(
                        account.datasetsUrl(tenant), answer -> account.datasets(tenant, answer.status, answer.body));
                datasets.notes("datasets of tenant " + tenant).forEach(LOG::warn);
                datasets.items().forEach(dataset -> names.add(new DatasetName(tenant, dataset.id())));
            } catch (ConnectorException e) {
                unknown.put(tenant, String.valueOf(e.getMessage()));
            }
        }
        return new Lake.Found(List.copyOf(names), settings.text("control.url"), unknown);
    }

    private Collection<String> tenants() {
        Items<Tenant> tenants = ask(account.tenantsUrl(), answer -> account.tenants(answer.status, answer.body));
        tenants.notes("tenants").forEach(LOG::warn);
        return tenants.items().stream().map(Tenant::id).toList();
    }

    private record Answer(int status, String body) {}

    private interface Reader<T> {
        T read(Answer answer);
    }

    private <T> T ask(String url, Reader<T> reader) {
        Exchange answer;
        try (ProducerTemplate template = routes.get().createProducerTemplate()) {
            answer = template.request("direct:ask-control", exchange -> exchange.setVariable("controlUrl", url));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (answer.getException() != null) {
            throw new ConnectorException(
                    "control plane %s: no answer (%s). Check control.url."
                            .formatted(settings.text("control.url"), Failures.describe(answer.getException())),
                    answer.getException());
        }
        return reader.read(new Answer(
                answer.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class),
                answer.getMessage().getBody(String.class)));
    }
}
