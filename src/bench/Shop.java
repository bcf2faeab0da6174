import io.mcpagent.local.BinaryToolbox;
import io.mcpagent.local.ShopDatabase;
import java.io.IOException;
import java.nio.file.Path;

/** Makes the sample shop unless it is there: {@code java Shop.java TOOLBOX SCRIPT FILE}. */
class Shop {

    public static void main(String[] args) throws IOException {
        ShopDatabase.create(new BinaryToolbox(Path.of(args[0])), Path.of(args[1]), Path.of(args[2]));
    }
}
