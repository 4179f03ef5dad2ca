package com.bytefreezer.connector.config;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Sha256;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The file of one export, or of one pack, as it was read, and its text after a change of parameters. Immutable.
 *
 * @param template of its parameters
 * @param export its name
 * @param file the file
 * @param shown the file's name for people
 * @param text its content
 * @param place the position of the export in the file, from 0
 * @param alone whether the file has no other export
 * @param parameters those of the file over the defaults, with the values of settings in place of placeholders
 */
public record ExportSource(
        String template,
        String export,
        Path file,
        String shown,
        String text,
        int place,
        boolean alone,
        Map<String, String> parameters) {
    private static final YAMLMapper YAML = new YAMLMapper();

    /** Searches the present files; empty if no export has this name. */
    static Optional<ExportSource> find(String export, RouteFiles routes, Map<String, String> values) {
        return find(
                ExportParameters.TEMPLATE, export, routes.exports().files(true), routes.exports()::of, routes, values);
    }

    /** Searches these files, each with its parameters in order, over the defaults. */
    static Optional<ExportSource> find(
            String template,
            String export,
            List<Path> files,
            Function<Path, List<Map<String, String>>> parametersIn,
            RouteFiles routes,
            Map<String, String> values) {
        for (Path file : files) {
            List<Map<String, String>> exports = parametersIn.apply(file);
            List<Map<String, String>> resolved = exports.stream()
                    .map(parameters -> ExportDefinition.resolved(parameters, values))
                    .toList();
            Optional<Integer> place = IntStream.range(0, exports.size())
                    .filter(at -> export.equals(resolved.get(at).get("name")))
                    .boxed()
                    .findFirst();
            if (place.isPresent()) {
                int at = place.get();
                String shown = routes.nameInMessages(file);
                return read(file, shown)
                        .map(text -> new ExportSource(
                                template, export, file, shown, text, at, exports.size() == 1, resolved.get(at)));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> read(Path file, String shown) {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new ConnectorException(Problem.ofStart(shown, "it cannot be read.", "Correct the file."), e);
        }
    }

    /** Changes with every change of the text. */
    public String version() {
        return HexFormat.of().formatHex(Sha256.of(text), 0, 16);
    }

    /**
     * Why this process must not write the file; empty if it may. A link leads to a file that somebody else manages, such as a ConfigMap.
     */
    public Optional<String> whyNotWritable() {
        Path folder = file.toAbsolutePath().getParent();
        try {
            boolean linked = folder != null
                    && !file.toRealPath().equals(folder.toRealPath().resolve(file.getFileName()));
            return linked
                    ? Optional.of("it is a link, which somebody else manages")
                    : Optional.ofNullable(folder).filter(Files::isWritable).isPresent()
                            ? Optional.empty()
                            : Optional.of("this process cannot write to its folder");
        } catch (IOException e) {
            return Optional.of("it no longer exists");
        }
    }

    /**
     * Puts its text in the place of the file.
     *
     * @throws ApiException if it cannot be written
     */
    public void write() {
        try {
            PrivateFiles.replace(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw cannotWrite(shown, Failures.describe(e));
        }
    }

    /**
     * The answer to a change of a file that cannot be written.
     *
     * @param shown the file's name for people
     */
    public static ApiException cannotWrite(String shown, String why) {
        return ApiException.forbidden("%s cannot be written: %s Nothing was written. Change it by hand."
                .formatted(shown, PlainText.sentence(why)));
    }

    /**
     * The answer to a change of a file that is no longer as somebody has seen it.
     *
     * @param shown the file's name for people
     */
    public static ApiException changedMeanwhile(String shown) {
        return ApiException.conflict(
                "%s was changed since you looked at it. Nothing was written. Look at it again.".formatted(shown));
    }

    /**
     * The same with other values of some parameters. Everything else in the text stays unchanged: comments, order, notation and unknown parts.
     *
     * @throws ConnectorException if the notation of the file does not allow it
     */
    public ExportSource with(Map<String, String> changes) {
        ExportSource changed = this;
        for (Map.Entry<String, String> change : changes.entrySet()) {
            if (!change.getValue().equals(changed.parameters.get(change.getKey()))) {
                changed = changed.with(change.getKey(), change.getValue());
            }
        }
        return changed;
    }

    private ExportSource with(String parameter, String value) {
        String written = parameter.equals("sql") ? ExportDefinition.escaped(value) : value;
        try {
            YamlText yaml = new YamlText(text);
            YamlText.Part list = yaml.findAll("templatedRoute").stream()
                    .filter(route -> isOfTemplate(route.fields().get("routeTemplateRef")))
                    .skip(place)
                    .findFirst()
                    .map(route -> route.fields().get("parameters"))
                    .orElseThrow(() -> cannotChange(null));
            JsonNode tree = YAML.readTree(text);
            ArrayNode expected = (ArrayNode)
                    ExportParameters.routesIn(tree, template).get(place).path("parameters");
            Optional<Integer> at = IntStream.range(0, list.items().size())
                    .filter(one ->
                            parameter.equals(expected.path(one).path("name").asText()))
                    .boxed()
                    .reduce((one, later) -> later);
            String changed;
            if (at.isPresent()) {
                ((ObjectNode) expected.get(at.get())).put("value", written);
                YamlText.Part old = list.items().get(at.get()).fields().get("value");
                changed = old == null || !old.isScalar()
                        ? null
                        : yaml.replaced(old, written, tree).orElse(null);
            } else {
                expected.addObject().put("name", parameter).put("value", written);
                changed = yaml.appended(list, parameter, written, tree).orElse(null);
            }
            if (changed == null) {
                throw cannotChange(null);
            }
            Map<String, String> all = new LinkedHashMap<>(parameters);
            all.put(parameter, value);
            return new ExportSource(template, export, file, shown, changed, place, alone, all);
        } catch (IOException | ClassCastException e) {
            throw cannotChange(e);
        }
    }

    private boolean isOfTemplate(YamlText.@Nullable Part part) {
        return part != null && part.scalar().equals(template);
    }

    private ConnectorException cannotChange(@Nullable Exception cause) {
        return new ConnectorException(
                Problem.ofStart(shown, "its notation cannot be changed here.", "Change the file by hand."), cause);
    }
}
