package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.DatasetFinder;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Secrets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * The route {@code credentials} in a separate Camel, to look at the lake without running exports. Used by one thread.
 */
public final class Lookup implements AutoCloseable {
    private final Settings settings;
    private final Main camel;
    private final DatasetFinder finder;

    public Lookup(Settings settings, Secrets secrets) throws Exception {
        this.settings = settings;
        camel = DeliveryCamel.prepare(settings, List.of(settings.routes().credentialsFile()));
        camel.bind("lakeCredentials", new LakeCredentials(settings, secrets));
        DeliveryCamel.init(camel);
        camel.start();
        finder = new DatasetFinder(settings, camel::getCamelContext);
    }

    /**
     * Exports, one for each dataset.
     *
     * @param unknown the reasons for missing ones, by export and tenant
     * @param without exports without datasets, with the place of the search
     */
    public record Lanes(List<ExportDefinition> exports, Map<String, String> unknown, Map<String, String> without) {}

    /** The present datasets of {@code exports}. */
    public Lanes lanes(Collection<ExportDefinition> exports) {
        List<ExportDefinition> lanes = new ArrayList<>();
        Map<String, String> unknown = new TreeMap<>();
        Map<String, String> without = new TreeMap<>();
        Map<String, Lake.Found> looks = new TreeMap<>();
        for (ExportDefinition export : exports) {
            DatasetChoice choice = export.choice();
            if (choice == null) {
                lanes.add(export);
                continue;
            }
            Lake.Found found;
            try {
                found = looks.computeIfAbsent(export.tenant() + "\n" + export.dataset(), any -> finder.find(choice));
            } catch (ConnectorException e) {
                unknown.put(export.export(), "its datasets cannot be found: " + e.getMessage());
                continue;
            }
            found.datasets().stream().map(export::at).forEach(lanes::add);
            found.unknown().forEach((tenant, why) -> unknown.put(export.export() + ", tenant " + tenant, why));
            if (found.datasets().isEmpty() && found.unknown().isEmpty()) {
                without.put(
                        export.export(),
                        "tenant %2$s has no dataset %1$s in %3$s. Nothing is exported. Check tenant and dataset."
                                .formatted(export.dataset(), export.tenant(), found.lookedAt()));
            }
        }
        return new Lanes(lanes, unknown, without);
    }

    public Planner planner() {
        return new Planner(settings, camel.getCamelContext());
    }

    /** The Camel with the route. */
    public CamelContext routes() {
        return camel.getCamelContext();
    }

    @Override
    public void close() {
        camel.stop();
    }
}
