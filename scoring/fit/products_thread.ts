/** A thread that multiplies rows; see `productsOfParts`. */
import { answerThread } from "../ask_thread.ts";
import { productsOf, type ProductsRequest } from "./products.ts";

answerThread<ProductsRequest, Float64Array<ArrayBuffer>>(productsOf);
