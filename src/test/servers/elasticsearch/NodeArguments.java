import java.nio.file.Path;
import org.elasticsearch.bootstrap.ServerArgs;
import org.elasticsearch.common.io.stream.OutputStreamStreamOutput;
import org.elasticsearch.common.settings.KeyStoreWrapper;
import org.elasticsearch.common.settings.Settings;

/**
 * Stands in for {@code bin/elasticsearch}: prints what a node reads from its standard input when it starts. Arguments: the
 * node's folder, then settings as {@code name=value}; those that begin with {@code secure:} are for its keystore.
 */
public class NodeArguments {
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        Path config = home.resolve("config");
        KeyStoreWrapper secrets = KeyStoreWrapper.create();
        var setSecret = KeyStoreWrapper.class.getDeclaredMethod("setString", String.class, char[].class);
        setSecret.setAccessible(true);
        Settings.Builder settings = Settings.builder().put("path.home", home.toString());
        for (int i = 1; i < arguments.length; i++) {
            String[] pair = arguments[i].split("=", 2);
            if (pair[0].startsWith("secure:")) {
                setSecret.invoke(secrets, pair[0].substring("secure:".length()), pair[1].toCharArray());
            } else {
                settings.put(pair[0], pair[1]);
            }
        }
        var output = new OutputStreamStreamOutput(System.out);
        new ServerArgs(false, false, null, secrets, settings.build(), config, home.resolve("logs")).writeTo(output);
        output.flush();
    }
}
