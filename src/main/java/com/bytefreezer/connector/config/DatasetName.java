package com.bytefreezer.connector.config;

import java.util.Comparator;

/** A dataset of a tenant. */
public record DatasetName(String tenant, String dataset) {
    /** By tenant, then by name. */
    public static final Comparator<DatasetName> ORDER =
            Comparator.comparing(DatasetName::tenant).thenComparing(DatasetName::dataset);

    @Override
    public String toString() {
        return tenant + "/" + dataset;
    }
}
