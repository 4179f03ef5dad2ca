package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.ConnectorException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names at a destination that are written in small letters: two datasets whose names differ in nothing else would share one
 * without a word. Safe for use by several threads.
 */
public final class NamesTaken {
    private final String setting;
    private final Map<String, String> taken = new ConcurrentHashMap<>();

    /** @param setting that gives the names */
    public NamesTaken(String setting) {
        this.setting = setting;
    }

    /**
     * Takes the name that a dataset has there.
     *
     * @param written the name with the capitals of the dataset
     * @throws ConnectorException when another spelling has taken it
     */
    public void take(String written, String tenant, String dataset) {
        String other = taken.putIfAbsent(written.toLowerCase(Locale.ROOT), written);
        if (other != null && !other.equals(written)) {
            throw new ConnectorException(
                    "dataset %s/%s: %s gives it the name %s, and %s goes there already. Nothing of it is delivered. Send one of the two elsewhere, with an export of its own."
                            .formatted(tenant, dataset, setting, written.toLowerCase(Locale.ROOT), other));
        }
    }
}
