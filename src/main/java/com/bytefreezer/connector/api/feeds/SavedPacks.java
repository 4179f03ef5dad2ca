package com.bytefreezer.connector.api.feeds;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.ExportFile;
import com.bytefreezer.connector.config.ExportSource;
import com.bytefreezer.connector.config.NewRouteFile;
import com.bytefreezer.connector.config.PackDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.PackQuery;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of the packs of a dataset in the files of {@code routes/packs}: which one holds, and what a person makes of it. A change
 * names the version of the file that the person has seen, and its pack. Safe for use by several threads.
 */
public final class SavedPacks {
    private static final String COMMENT =
            "# Pack \"%s\", saved from the page. routes/pack.camel.yaml lists the parameters.\n\n";

    private final Settings settings;
    private final Secrets secrets;

    /** Saves into the folder of the route files of {@code settings}. */
    public SavedPacks(Settings settings, Secrets secrets) {
        this.settings = settings;
        this.secrets = secrets;
    }

    /**
     * What the next pack of a dataset makes of its events.
     *
     * @param name of its pack; null if events stay as they are
     * @param file that describes it
     * @param datasets of which it is, as the file says
     */
    public record Present(
            @Nullable String name,
            @Nullable String file,
            @Nullable String datasets,
            String sql) {}

    /**
     * The file of a pack, before and after it is written.
     *
     * @param name of the pack
     * @param before its present content; empty if there is none
     * @param yaml its content then
     * @param version of {@code before}, or of {@code yaml} once it is written; empty if there is none
     * @param readOnly why it cannot be written here; null where it can
     * @param errors why it cannot be written like this, a line each
     */
    public record Draft(
            String name,
            String file,
            String before,
            String yaml,
            String version,

            @JsonProperty("read_only") @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String readOnly,

            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> errors) {}

    /**
     * The SQL of a dataset.
     *
     * @throws ConnectorException if a file of packs is wrong
     */
    public Present present(@Header("tenant") @Nullable String tenant, @Header("dataset") @Nullable String dataset) {
        Optional<PackDefinition> pack = PackSql.of(settings, tenant, dataset);
        if (pack.isEmpty()) {
            return new Present(null, null, null, PackQuery.ALL);
        }
        ExportSource source = source(pack.get());
        return new Present(
                pack.get().name(),
                source.shown(),
                secrets.mask("%s / %s"
                        .formatted(
                                source.parameters().getOrDefault("tenant", ""),
                                source.parameters().getOrDefault("dataset", ""))),
                secrets.mask(pack.get().sql()));
    }

    /** Returns what {@link #save} would write. */
    public Draft draft(
            @Header("tenant") @Nullable String tenant,
            @Header("dataset") @Nullable String dataset,
            @Body PackSql request) {
        ApiException.required(request);
        return draft(
                PackSql.of(settings, tenant, dataset).map(this::source),
                String.valueOf(tenant),
                String.valueOf(dataset),
                request);
    }

    private Draft draft(Optional<ExportSource> present, String tenant, String dataset, PackSql request) {
        List<String> errors = new ArrayList<>();
        try {
            request.parsed(settings, Engine.HERE);
        } catch (ConnectorException e) {
            errors.add(e.saying(""));
        } catch (ApiException e) {
            errors.add(String.valueOf(e.getMessage()));
        }
        return present.isPresent() ? changed(present.get(), request, errors) : added(tenant, dataset, request, errors);
    }

    private Draft changed(ExportSource before, PackSql request, List<String> errors) {
        ExportSource after = before.with(Map.of("sql", request.sql()));
        return draft(
                before.export(),
                before.shown(),
                before.text(),
                after.text(),
                before.version(),
                before.whyNotWritable().orElse(null),
                errors);
    }

    private Draft added(String tenant, String dataset, PackSql request, List<String> errors) {
        NewRouteFile file = file(request.name());
        file.problemOfName("drop-debug").ifPresent(errors::add);
        boolean isNamed = file.problemOfName("").isEmpty();
        if (isNamed && (file.exists() || settings.packSource(request.name()).isPresent())) {
            errors.add(file.taken());
        }
        String name = isNamed ? request.name() : "pack";
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("name", name);
        parameters.put("tenant", DatasetChoice.escaped(tenant));
        parameters.put("dataset", DatasetChoice.escaped(dataset));
        parameters.put("sql", ExportDefinition.escaped(request.sql()));
        return draft(
                name,
                file(name).shown(),
                "",
                COMMENT.formatted(name) + ExportFile.of("pack", parameters),
                "",
                file.isWritable() ? null : "this process cannot write to its folder",
                errors);
    }

    private Draft draft(
            String name,
            String file,
            String before,
            String yaml,
            String version,
            @Nullable String readOnly,
            List<String> errors) {
        return new Draft(
                name,
                file,
                secrets.mask(before),
                secrets.mask(yaml),
                version,
                readOnly,
                errors.stream().map(secrets::mask).toList());
    }

    /**
     * Writes the file; the next pack follows it.
     *
     * @throws ApiException if the request does not name the pack, if the file has changed meanwhile or cannot be written, or for errors of the draft
     */
    public synchronized Draft save(
            @Header("tenant") @Nullable String tenant,
            @Header("dataset") @Nullable String dataset,
            @Body PackSql request) {
        ApiException.required(request);
        Optional<ExportSource> present = PackSql.of(settings, tenant, dataset).map(this::source);
        Draft draft = draft(present, String.valueOf(tenant), String.valueOf(dataset), request);
        NewRouteFile file = file(request.name());
        if (!draft.version().equals(request.version()) || draft.errors().contains(file.taken())) {
            throw ExportSource.changedMeanwhile(draft.file());
        }
        if (!draft.errors().isEmpty()) {
            throw ApiException.wrong(String.join(" ", draft.errors()));
        }
        if (!request.confirm().equals(draft.name())) {
            throw ApiException.wrong(
                    "Nothing was written. What packs drop is gone for good: to write the SQL, send the name of the pack as \"confirm\": %s."
                            .formatted(draft.name()));
        }
        if (draft.readOnly() != null) {
            throw ExportSource.cannotWrite(draft.file(), draft.readOnly());
        }
        present.ifPresentOrElse(
                before -> before.with(Map.of("sql", request.sql())).write(), () -> file.write(draft.yaml()));
        return draft(tenant, dataset, request);
    }

    private ExportSource source(PackDefinition pack) {
        return settings.packSource(pack.name())
                .orElseThrow(() -> ApiException.conflict(
                        "The file of the pack %s was removed meanwhile. Look again.".formatted(pack.name())));
    }

    private NewRouteFile file(String name) {
        return new NewRouteFile(settings.routes(), "packs", "a pack", name);
    }
}
