package com.bytefreezer.connector.config;

import com.bytefreezer.connector.text.Names;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The datasets that the file of an export and the settings choose: names separated by commas. In each, a {@code *}
 * stands for any characters, a tenant and a slash may come first, and a backslash takes the meaning from the next
 * character. Immutable.
 */
public final class DatasetChoice {
    private static final char ESCAPE = '\\';
    private static final Pattern SPECIAL = Pattern.compile("[,*]");

    private final List<Item> items;

    private DatasetChoice(List<Item> items) {
        this.items = items;
    }

    /** Names of a tenant and of its datasets that belong together. */
    private record Item(Glob tenant, Glob dataset) {}

    /** @param parts the text between the stars */
    private record Glob(List<String> parts, Pattern pattern) {
        static Glob of(List<String> parts) {
            return new Glob(
                    parts,
                    Pattern.compile(
                            parts.stream().map(Pattern::quote).collect(Collectors.joining(".*")), Pattern.DOTALL));
        }

        boolean isName() {
            return parts.size() == 1;
        }

        String name() {
            return parts.get(0);
        }

        boolean matches(String name) {
            return pattern.matcher(name).matches();
        }

        /** Whether a name in the lake can match. */
        boolean isPossible() {
            return Names.isOfDataset(String.join(isName() ? "" : "x", parts));
        }
    }

    /**
     * Reads text that {@link #problem} has found correct.
     *
     * @param tenants of the datasets that name none
     */
    public static DatasetChoice of(String tenants, String datasets) {
        List<Glob> owners =
                split(tenants).stream().map(parts -> parts.get(0)).map(Glob::of).toList();
        Set<Item> items = new LinkedHashSet<>();
        for (List<List<String>> item : split(datasets)) {
            Glob dataset = Glob.of(item.get(item.size() - 1));
            if (item.size() > 1) {
                items.add(new Item(Glob.of(item.get(0)), dataset));
            } else {
                owners.forEach(owner -> items.add(new Item(owner, dataset)));
            }
        }
        return new DatasetChoice(distinct(items));
    }

    /** A Pattern equals only itself. */
    private static List<Item> distinct(Set<Item> items) {
        Set<List<List<String>>> seen = new LinkedHashSet<>();
        return items.stream()
                .filter(item -> seen.add(List.of(item.tenant.parts, item.dataset.parts)))
                .toList();
    }

    /** The problem of a list of tenants; empty if it is correct. */
    static Optional<String> problemOfTenants(String text) {
        return problem(text, "tenant", 1);
    }

    /** The problem of a list of datasets; empty if it is correct. */
    static Optional<String> problemOfDatasets(String text) {
        return problem(text, "dataset", 2);
    }

    private static Optional<String> problem(String text, String what, int most) {
        boolean right = split(text).stream()
                .allMatch(item -> item.size() <= most
                        && item.stream().allMatch(parts -> Glob.of(parts).isPossible()));
        return right
                ? Optional.empty()
                : Optional.of(
                        "must be the name of a %s, without / \\ { } and control characters%s; or several, separated by commas, in which * stands for any characters"
                                .formatted(what, most > 1 ? ", or tenant/dataset" : ""));
    }

    /** A name with backslashes, so that it means itself. */
    public static String escaped(String name) {
        return SPECIAL.matcher(name).replaceAll("\\\\$0");
    }

    /** The dataset, if it is a single one for good; otherwise empty. */
    public Optional<DatasetName> one() {
        return items.size() == 1 && !needsListing() ? Optional.of(named().get(0)) : Optional.empty();
    }

    /** The datasets named without patterns, whether they exist or not. */
    public List<DatasetName> named() {
        return items.stream()
                .filter(item -> item.tenant.isName() && item.dataset.isName())
                .map(item -> new DatasetName(item.tenant.name(), item.dataset.name()))
                .toList();
    }

    /** Whether only a look at the lake can find all of them. */
    public boolean needsListing() {
        return items.stream().anyMatch(item -> !item.tenant.isName() || !item.dataset.isName());
    }

    /** Whether it includes a dataset. */
    public boolean matches(DatasetName name) {
        return items.stream()
                .anyMatch(item -> item.tenant.matches(name.tenant()) && item.dataset.matches(name.dataset()));
    }

    /** Whether it may include a dataset of this tenant. */
    public boolean matchesTenant(String tenant) {
        return items.stream().anyMatch(item -> item.tenant.matches(tenant));
    }

    /** The only tenants with datasets in it; empty if any tenant may have some. */
    public Optional<Set<String>> tenants() {
        return items.stream().allMatch(item -> item.tenant.isName())
                ? Optional.of(items.stream()
                        .map(item -> item.tenant.name())
                        .collect(Collectors.toCollection(LinkedHashSet::new)))
                : Optional.empty();
    }

    /** The only names of datasets in it; empty if there may be others. */
    public Optional<Set<String>> datasets() {
        return items.stream().allMatch(item -> item.dataset.isName())
                ? Optional.of(items.stream()
                        .map(item -> item.dataset.name())
                        .collect(Collectors.toCollection(LinkedHashSet::new)))
                : Optional.empty();
    }

    /** Splits text into items, items into names, and names into the parts between stars. */
    private static List<List<List<String>>> split(String text) {
        List<List<List<String>>> items = new ArrayList<>();
        List<List<String>> item = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i <= text.length(); i++) {
            char sign = i < text.length() ? text.charAt(i) : ',';
            if (sign == ESCAPE
                    && i + 1 < text.length()
                    && SPECIAL.matcher(text.substring(i + 1, i + 2)).matches()) {
                i++;
                part.append(text.charAt(i));
                continue;
            }
            if (sign != '*' && sign != '/' && sign != ',') {
                part.append(sign);
                continue;
            }
            parts.add(part.toString());
            part.setLength(0);
            if (sign != '*') {
                item.add(stripped(parts));
                parts = new ArrayList<>();
            }
            if (sign == ',') {
                items.add(item);
                item = new ArrayList<>();
            }
        }
        return items;
    }

    private static List<String> stripped(List<String> parts) {
        List<String> stripped = new ArrayList<>(parts);
        stripped.set(0, stripped.get(0).stripLeading());
        int last = stripped.size() - 1;
        stripped.set(last, stripped.get(last).stripTrailing());
        return List.copyOf(stripped);
    }
}
