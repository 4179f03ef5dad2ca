package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.ExportDefinition;
import org.apache.camel.CamelContext;

/** A bean of a destination that checks the names of datasets before anything is delivered. */
public interface DatasetCheck {
    /** The name of the destination. */
    String destination();

    /**
     * Returns if the destination can take this dataset.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException if it cannot, with the reason in one line
     */
    void require(String tenant, String dataset);

    /**
     * Asks the checks of an export's destination.
     *
     * @param routes with the destination among them
     * @throws com.bytefreezer.connector.problem.ConnectorException of the first that refuses
     */
    static void require(CamelContext routes, ExportDefinition export) {
        require(routes, export.destination(), export.tenant(), export.dataset());
    }

    /** Asks the checks of a destination. */
    static void require(CamelContext routes, String destination, String tenant, String dataset) {
        for (DatasetCheck check : routes.getRegistry().findByType(DatasetCheck.class)) {
            if (check.destination().equals(destination)) {
                check.require(tenant, dataset);
            }
        }
    }
}
