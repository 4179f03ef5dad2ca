package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.ExportDefinition;
import org.apache.camel.CamelContext;

/** A bean of a destination that has something to say about the names of datasets before anything is delivered. */
public interface DatasetCheck {
    /** The name of the destination. */
    String destination();

    /**
     * Returns where the destination can take this dataset.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException why not, in one line
     */
    void require(String tenant, String dataset);

    /**
     * Asks those of an export's destination.
     *
     * @param routes with the destination among them
     * @throws com.bytefreezer.connector.problem.ConnectorException of the first that refuses
     */
    static void require(CamelContext routes, ExportDefinition export) {
        for (DatasetCheck check : routes.getRegistry().findByType(DatasetCheck.class)) {
            if (check.destination().equals(export.destination())) {
                check.require(export.tenant(), export.dataset());
            }
        }
    }
}
