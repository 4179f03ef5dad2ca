package com.bytefreezer.connector.lake;

import com.bytefreezer.connector.config.DatasetChoice;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code lake.layout}: finds the folder of a dataset and, conversely, the datasets of a lake. */
final class Layout {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{(tenant|dataset)}");
    /** The tenant's name if the layout has none. */
    private static final String ONLY_TENANT = "default";
    /** Each look is a request to the lake. */
    private static final int AT_ONCE = 8;

    private final String layout;

    private Layout(String layout) {
        this.layout = layout;
    }

    static Layout of(Settings settings) {
        return new Layout(settings.text("lake.layout")
                .replace("{account}", settings.optional("control.account-id").orElse(""))
                .replaceAll("/+", "/")
                .replaceAll("^/|/$", ""));
    }

    /** Folders of a lake, each path with a trailing slash, or empty for the root. Safe for use by several threads. */
    interface Folders {
        /** The names directly below {@code path}. */
        List<String> below(String path);

        /** Whether anything exists below {@code path}. */
        boolean exists(String path);

        /** Why a name that {@link #below} gave leads nowhere; empty unless its characters are unknown here. */
        default Optional<String> unreadable(String name) {
            return Optional.empty();
        }
    }

    /** The folder of a dataset below the root. */
    String folder(String tenant, String dataset) {
        return layout.replace("{tenant}", tenant).replace("{dataset}", dataset);
    }

    /**
     * The datasets that have a folder, without reading the folder; several at a time.
     *
     * @param choice which datasets matter; no folder is listed for others
     * @param lookedAt see {@link Lake.Found}
     */
    Lake.Found find(Folders folders, Optional<DatasetChoice> choice, String lookedAt) {
        Search search = new Search(folders, choice);
        search.below("", List.of(layout.split("/")), null, null);
        return new Lake.Found(search.existing(), lookedAt, search.unknown);
    }

    @Override
    public String toString() {
        return layout;
    }

    /** One look at the folders. */
    private static final class Search {
        private final Folders folders;
        private final Optional<DatasetChoice> choice;
        private final List<Possible> found = new ArrayList<>();
        /** Why the datasets of a tenant are unknown. This does not affect datasets chosen by name. */
        private final Map<String, String> unknown = new ConcurrentSkipListMap<>();

        private Search(Folders folders, Optional<DatasetChoice> choice) {
            this.folders = folders;
            this.choice = choice;
        }

        /** A dataset by the names above its folder, which may not exist. */
        private record Possible(DatasetName name, String folder) {}

        List<DatasetName> existing() {
            ForkJoinPool looks = new ForkJoinPool(AT_ONCE);
            try {
                return looks.submit(() -> found.parallelStream()
                                .filter(this::exists)
                                .map(Possible::name)
                                .toList())
                        .join();
            } finally {
                looks.shutdownNow();
            }
        }

        private boolean exists(Possible one) {
            return unlessUnknown(one.name.tenant(), () -> folders.exists(one.folder), false);
        }

        private <T> T unlessUnknown(@Nullable String tenant, Supplier<T> look, T otherwise) {
            try {
                return look.get();
            } catch (ConnectorException e) {
                if (tenant == null || choice.isEmpty()) {
                    throw e;
                }
                unknown.put(tenant, String.valueOf(e.getMessage()));
                return otherwise;
            }
        }

        void below(String path, List<String> segments, @Nullable String tenant, @Nullable String dataset) {
            if (segments.stream()
                    .noneMatch(segment -> PLACEHOLDER.matcher(segment).find())) {
                String rest = segments.stream().map(segment -> segment + "/").collect(Collectors.joining());
                add(path + rest, tenant, dataset);
                return;
            }
            String segment = segments.get(0);
            List<String> rest = segments.subList(1, segments.size());
            if (!PLACEHOLDER.matcher(segment).find()) {
                below(path + segment + "/", rest, tenant, dataset);
                return;
            }
            Pattern names = Pattern.compile(Stream.of(PLACEHOLDER.split(segment, -1))
                    .map(Pattern::quote)
                    .collect(Collectors.joining("(.+)")));
            List<String> placeholders = PLACEHOLDER
                    .matcher(segment)
                    .results()
                    .map(match -> match.group(1))
                    .toList();
            for (String name : names(path, segment, placeholders, tenant)) {
                Optional<String> unreadable = folders.unreadable(name);
                if (unreadable.isPresent()) {
                    unknown.put(tenant == null ? name : tenant, unreadable.get());
                    continue;
                }
                Matcher matcher = names.matcher(name);
                if (matcher.matches()) {
                    int ofTenant = placeholders.indexOf("tenant") + 1;
                    int ofDataset = placeholders.indexOf("dataset") + 1;
                    String its = ofTenant > 0 ? matcher.group(ofTenant) : tenant;
                    if (its == null || choice.map(one -> one.matchesTenant(its)).orElse(true)) {
                        below(path + name + "/", rest, its, ofDataset > 0 ? matcher.group(ofDataset) : dataset);
                    }
                }
            }
        }

        /** Folders that may matter; asks the lake only if their names are not known. */
        private Collection<String> names(
                String path, String segment, List<String> placeholders, @Nullable String tenant) {
            Optional<Set<String>> known = !placeholders.equals(List.of("tenant"))
                    ? placeholders.equals(List.of("dataset"))
                            ? choice.flatMap(DatasetChoice::datasets)
                            : Optional.empty()
                    : choice.flatMap(DatasetChoice::tenants);
            if (known.isPresent()) {
                return known.get().stream()
                        .map(name -> PLACEHOLDER.matcher(segment).replaceAll(Matcher.quoteReplacement(name)))
                        .toList();
            }
            return unlessUnknown(tenant, () -> folders.below(path), List.of());
        }

        private void add(String folder, @Nullable String tenant, @Nullable String dataset) {
            if (dataset == null || !Names.isOfDataset(dataset)) {
                return;
            }
            Collection<String> tenants = tenant != null
                    ? List.of(tenant)
                    : choice.flatMap(DatasetChoice::tenants).orElse(Set.of(ONLY_TENANT));
            tenants.stream()
                    .filter(Names::isOfDataset)
                    .map(one -> new DatasetName(one, dataset))
                    .filter(name -> choice.map(one -> one.matches(name)).orElse(true))
                    .forEach(name -> found.add(new Possible(name, folder)));
        }
    }
}
