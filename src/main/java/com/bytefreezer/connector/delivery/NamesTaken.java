package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.ConnectorException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names at a destination in lower case: two datasets whose names differ only in case would silently share one. Safe for
 * use by several threads.
 */
public final class NamesTaken {
    private final String setting;
    private final Map<String, String> taken = new ConcurrentHashMap<>();

    /** @param setting that makes the names */
    public NamesTaken(String setting) {
        this.setting = setting;
    }

    /**
     * Takes the name that a dataset has there.
     *
     * @param written the name before the change to lower case
     * @throws ConnectorException if another spelling has taken it
     */
    public void take(String written, String tenant, String dataset) {
        String other = taken.putIfAbsent(written.toLowerCase(Locale.ROOT), written);
        if (other != null && !other.equals(written)) {
            throw new ConnectorException(
                    "dataset %s/%s: %s gives it the name %s, which %s has already. The connector delivers none of its records. Send one of the two elsewhere, with a separate export."
                            .formatted(tenant, dataset, setting, written.toLowerCase(Locale.ROOT), other));
        }
    }
}
